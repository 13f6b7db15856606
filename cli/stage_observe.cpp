// Compiles the observed program: the rewritten source, the module expression, and LibTorch.
#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "cli/build.h"
#include "cli/pch.h"

namespace octavo::cli {

namespace fs = std::filesystem;
using base::Error;
using base::Exit;

namespace {

// The sources' own main, where they have one, under another name.
constexpr const char* kTheirMain = "octavo_main_of_the_source";

// The expression stands alone on a line that calls itself --module, so Clang's messages point into it.
std::string main_source(const Build& build) {
  const ModelOptions& options = build.options;
  std::string text = fmt::format(
      "// Octavo {}: runs {} under LibTorch to see what it computes. Clang reads {}.octavo.cpp\n"
      "// in the place of the source, so that the source's own includes resolve.\n"
      "#include <octavo/observe.h>\n\n"
      "#define main {}\n#include \"{}\"\n#undef main\n\n"
      "int main(int argc, char** argv) {{\n"
      "  return octavo::observe::main(argc, argv, [] {{\n"
      "    return octavo::observe::wrap<{}>(\n"
      "#line 1 \"--module\"\n{}\n",
      version(), fs::path(options.sources.front()).filename().string(), options.name, kTheirMain,
      options.sources.front(), options.inputs.size(), options.module);
  const auto lines = std::count(text.begin(), text.end(), '\n');
  text += fmt::format("#line {} \"{}.observe.cpp\"\n    );\n  }});\n}}\n", lines + 2, options.name);
  return text;
}

[[noreturn]] void explain_compile_error(const Build& build, const std::string& messages) {
  if (messages.find("octavo: forward cannot be called with N tensors") != std::string::npos) {
    throw Error(Exit::usage, {"--input"},
                fmt::format("forward cannot be called with {} tensor{}", build.options.inputs.size(),
                            build.options.inputs.size() == 1 ? "" : "s"),
                "give one --input for each parameter of forward that has no default, in order");
  }
  if (messages.find("--module:") != std::string::npos) {
    throw Error(Exit::usage, {}, "the module expression does not compile\n" + messages,
                "--module is evaluated where " + build.options.sources.front() + " has been included");
  }
  if (says_disk_full(messages)) {
    throw Error(Exit::refused, {build.options.output}, "the disk is full\n" + messages, "free some space");
  }
  throw Error(Exit::internal, {}, "the rewritten source does not compile, though the original parses\n" + messages,
              "report this with the source; octavo rewrite --diff shows the edits");
}

fs::path compile(Build& build, const fs::path& source, const std::string& object, const Flags& further = {}) {
  std::vector<std::string> command = {build.toolchain.clangxx};
  for (const std::string& flag : source_flags(build)) command.push_back(flag);
  if (const fs::path pch = build.pch(); !pch.empty()) command.insert(command.end(), {"-include-pch", pch.string()});
  command.insert(command.end(), further.begin(), further.end());
  command.insert(command.end(), {"-ivfsoverlay", build.hidden("overlay.yaml").string(), "-c", source.string(), "-o",
                                 build.hidden(object).string()});
  const ProcessResult result = run_process(command);
  if (!result.ok()) explain_compile_error(build, result.err);
  return build.hidden(object);
}

void link(const Build& build, const Files& objects) {
  const fs::path half = build.hidden("observed.half");  // moved into place whole
  std::vector<std::string> command = {build.toolchain.clangxx, "-o", half.string()};
  for (const fs::path& object : objects) command.push_back(object.string());
  command.emplace_back("-Wl,--start-group");
  for (const std::string& library : build.toolchain.observe_libraries) command.push_back(library);
  command.emplace_back("-Wl,--end-group");
  const fs::path torch = build.toolchain.torch_library();
  for (const char* library : {"libtorch.so", "libtorch_cpu.so", "libc10.so"})
    command.push_back((torch / library).string());
  // -rdynamic: the recorder finds source lines by walking the stack.
  command.insert(command.end(), {"-Wl,-rpath," + torch.string(), "-rdynamic", "-pthread", "-ldl"});
  const ProcessResult result = run_process(command);
  if (!result.ok()) {
    throw Error(Exit::refused, {}, "the observed program does not link\n" + result.err,
                "give every source that the model needs: octavo build model.cpp layers.cpp …");
  }
  fs::rename(half, build.file(".observed"));
}

}  // namespace

void observe_stage(Build& build) {
  const ModelOptions& options = build.options;
  Key key = build.key();
  key.add(source_flags(build)).add(program_version(build.toolchain.clangxx)).add(main_source(build));
  key.add(pch_path(build.toolchain, build.options.clang_args).filename().string()).file(build.hidden("overlay.yaml"));
  for (size_t i = 0; i < options.sources.size(); ++i) {
    key.add(options.sources[i])
        .file(build.hidden(std::to_string(i) + fs::path(options.sources[i]).extension().string()));
  }
  for (const std::string& library : build.toolchain.observe_libraries) key.file(library);
  for (const std::string& header : build.stamps.dependencies("rewrite")) key.file(header);

  build.stage("observe", key, {build.file(".observe.cpp"), build.file(".observed")}, [&] {
    base::write_if_different(build.file(".observe.cpp"), main_source(build));
    Files objects = {compile(build, build.file(".observe.cpp"), "main.o")};
    for (size_t i = 1; i < options.sources.size(); ++i) {
      const Flags renamed = {std::string("-Dmain=") + kTheirMain + std::to_string(i)};
      objects.push_back(compile(build, options.sources[i], std::to_string(i) + ".o", renamed));
    }
    link(build, objects);
    return Files{};
  });
}

}  // namespace octavo::cli
