#include "rewriter/flags.h"

namespace octavo::rewriter {
namespace {

using namespace clang::tooling;

bool only_gcc_knows(const std::string& flag) {
  static const char* const prefixes[] = {"-fconcepts",
                                         "-fmodules-ts",
                                         "-fmodule-mapper",
                                         "-fdeps-format",
                                         "-fno-gnu-unique",
                                         "-fipa-",
                                         "-ftree-",
                                         "-fno-tree-",
                                         "-fvar-tracking",
                                         "-fno-var-tracking",
                                         "-mno-avx256-split",
                                         "-fcoroutines",
                                         "-fopt-info",
                                         "-fabi-compat-version",
                                         "-fuse-linker-plugin",
                                         "-flto-partition",
                                         "-Werror"};
  for (const char* prefix : prefixes) {
    if (flag.starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace

std::filesystem::path default_resource_dir() { return OCTAVO_CLANG_RESOURCE_DIR; }

std::unique_ptr<CompilationDatabase> compilation_database(const Options& options, const std::vector<std::string>& paths,
                                                          std::string& diagnostics) {
  if (!options.clang_args.empty()) return std::make_unique<FixedCompilationDatabase>(".", options.clang_args);
  std::string error;
  if (options.compile_commands_dir) {
    auto database = CompilationDatabase::loadFromDirectory(options.compile_commands_dir->string(), error);
    if (!database) throw base::Error(base::Exit::usage, {options.compile_commands_dir->string()}, error);
    return database;
  }
  if (auto database = CompilationDatabase::autoDetectFromSource(paths[0], error)) return database;
  diagnostics +=
      "note: no compilation database found: compiling with -std=c++20; name one with -p, or flags after --\n";
  return std::make_unique<FixedCompilationDatabase>(".", std::vector<std::string>{"-std=c++20"});
}

ArgumentsAdjuster our_flags(const Options& options) {
  const std::string resources = (options.resource_dir.empty() ? default_resource_dir() : options.resource_dir).string();
  std::vector<std::string> ours = {"-resource-dir=" + resources, "-w", "-Qunused-arguments", "-fno-caret-diagnostics"};
  if (!options.pch.empty()) ours.insert(ours.end(), {"-include-pch", std::filesystem::absolute(options.pch).string()});
  return [ours, adjust = options.adjust](const CommandLineArguments& command, llvm::StringRef) {
    const CommandLineArguments given = adjust ? adjust(command) : command;
    CommandLineArguments result;
    for (size_t i = 0; i < given.size(); ++i) {
      if (i == 1) result.insert(result.end(), ours.begin(), ours.end());
      if (!only_gcc_knows(given[i])) result.push_back(given[i]);
    }
    return result;
  };
}

}  // namespace octavo::rewriter
