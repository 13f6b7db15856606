#include "cli/toolchain.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "cli/process.h"
#include "cli/version.h"

namespace octavo::cli {

namespace fs = std::filesystem;
using base::Error;
using base::Exit;

namespace {

constexpr const char* kFile = "octavo.toolchain.json";
constexpr const char* kTorchHeader = "include/torch/csrc/api/include/torch/torch.h";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

fs::path find_file() {
  const fs::path folder = own_executable().parent_path();
  const std::vector<fs::path> places = {folder / kFile, folder.parent_path() / "lib" / "octavo" / kFile};
  for (const fs::path& place : places) {
    if (fs::exists(place)) return place;
  }
  throw Error(Exit::refused, {places.back().string()}, "is missing: this octavo does not know where its parts are",
              "run octavo from its build tree, or install it whole with cmake --install");
}

// `of_build_tree`: all models of one build tree share a folder in it.
fs::path cache_folder(const std::string& option, const fs::path& of_build_tree) {
  if (!option.empty()) return fs::absolute(option);
  if (const std::string own = environment("OCTAVO_CACHE"); !own.empty()) return own;
  if (!of_build_tree.empty()) return of_build_tree;
  if (const std::string xdg = environment("XDG_CACHE_HOME"); !xdg.empty()) return fs::path(xdg) / "octavo";
  if (const std::string home = environment("HOME"); !home.empty()) return fs::path(home) / ".cache" / "octavo";
  return fs::temp_directory_path() / "octavo-cache";
}

bool can_run(const std::string& program) {
  if (program.empty()) return false;
  try {
    return run_process({program, "--version"}).ok();
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

void add_toolchain_options(CLI::App& app, ToolchainOptions& options) {
  app.add_option("--torch-root", options.torch_root, "Folder of LibTorch (include/ and lib/); also OCTAVO_TORCH_ROOT")
      ->group("Toolchain");
  app.add_option("--resource-dir", options.resource_dir, "Clang's resource directory")->group("Toolchain");
  app.add_option("--pch-dir", options.pch_dir, "Where the precompiled header is kept; also OCTAVO_CACHE")
      ->group("Toolchain");
}

Toolchain Toolchain::find(const ToolchainOptions& options) {
  Toolchain result;
  result.file = find_file();
  const fs::path here = result.file.parent_path();
  nlohmann::json facts;
  try {
    facts = nlohmann::json::parse(base::read_file(result.file));
    const auto path = [&](const char* key) {
      const std::string text = facts.at(key).get<std::string>();
      return text.empty() ? fs::path() : fs::weakly_canonical(here / text);
    };
    // Archives are paths; linker options (-ldl) and bare names stay as they are.
    const auto paths = [&](const char* key) {
      std::vector<std::string> list;
      for (const auto& entry : facts.at(key)) {
        const std::string text = entry.get<std::string>();
        list.push_back(text.empty() || text[0] == '-' ? text : fs::weakly_canonical(here / text).string());
      }
      return list;
    };
    result.clangxx = facts.at("clangxx").get<std::string>();
    result.resource_dir = path("resource_dir");
    result.cxx = facts.at("cxx").get<std::string>();
    result.torch_root = path("torch_root");
    result.observe_includes = paths("observe_includes");
    result.runtime_includes = paths("runtime_includes");
    result.observe_libraries = paths("observe_libraries");
    result.runtime_library = path("runtime_library");
    result.models = path("models");
    result.cache = path("cache");
  } catch (const nlohmann::json::exception& error) {
    throw Error(Exit::refused, {result.file.string()}, error.what(), "install Octavo again");
  }
  if (const std::string root = environment("OCTAVO_TORCH_ROOT"); !root.empty()) result.torch_root = root;
  if (!options.torch_root.empty()) result.torch_root = fs::absolute(options.torch_root);
  if (!options.resource_dir.empty()) result.resource_dir = fs::absolute(options.resource_dir);
  if (const std::string cxx = environment("OCTAVO_CXX"); !cxx.empty()) result.cxx = cxx;
  result.cache = cache_folder(options.pch_dir, result.cache);
  return result;
}

std::vector<std::string> Toolchain::torch_includes() const {
  return {(torch_root / "include").string(), (torch_root / "include/torch/csrc/api/include").string()};
}

fs::path Toolchain::torch_library() const { return torch_root / "lib"; }

void require_clang(const Toolchain& toolchain) {
  if (!can_run(toolchain.clangxx)) {
    throw Error(Exit::refused, {}, "clang++ 19 is not there: " + toolchain.clangxx, "apt-get install clang-19");
  }
  if (!fs::exists(toolchain.resource_dir / "include/stddef.h")) {
    throw Error(Exit::refused, {toolchain.resource_dir.string()},
                "is no Clang resource directory: include/stddef.h is missing",
                "pass --resource-dir \"$(clang++-19 -print-resource-dir)\"");
  }
}

void require_torch(const Toolchain& toolchain) {
  if (!fs::exists(toolchain.torch_root / kTorchHeader) || !fs::exists(toolchain.torch_library() / "libtorch_cpu.so")) {
    throw Error(Exit::refused, {toolchain.torch_root.string()}, "holds no LibTorch (include/ and lib/libtorch_cpu.so)",
                "pass --torch-root or set OCTAVO_TORCH_ROOT to the folder of a LibTorch 2.x");
  }
}

void require_host_compiler(const Toolchain& toolchain) {
  if (!can_run(toolchain.cxx)) {
    throw Error(Exit::refused, {}, "the host compiler is not there: " + toolchain.cxx,
                "install g++ 12 or later, or set OCTAVO_CXX");
  }
}

fs::path own_executable() { return fs::read_symlink("/proc/self/exe"); }

std::string version() { return OCTAVO_VERSION; }
std::string version_text() { return "octavo " OCTAVO_VERSION " (Clang " OCTAVO_CLANG_VERSION ")"; }

std::string program_version(const std::string& program) {
  try {
    const ProcessResult result = run_process({program, "--version"});
    return result.ok() ? result.out.substr(0, result.out.find('\n')) : "";
  } catch (const Error&) {
    return "";
  }
}

// Read from the header: nothing of LibTorch is loaded.
std::string torch_version(const fs::path& torch_root) {
  std::string version;
  for (const char* part : {"MAJOR", "MINOR", "PATCH"}) {
    for (const char* header :
         {"include/torch/headeronly/version.h", "include/torch/csrc/api/include/torch/version.h"}) {
      if (!fs::exists(torch_root / header)) continue;
      const std::string text = base::read_file(torch_root / header);
      const std::string key = std::string("#define TORCH_VERSION_") + part + " ";
      const size_t at = text.find(key);
      if (at == std::string::npos) continue;
      const size_t begin = at + key.size();
      version += (version.empty() ? "" : ".") + text.substr(begin, text.find_first_of("\r\n", begin) - begin);
      break;
    }
  }
  return version;
}

}  // namespace octavo::cli
