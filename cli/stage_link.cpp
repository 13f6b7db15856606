// The host compiler turns the emitted C++ into an archive for programs that include NAME.h, and into a shared object
// behind the C ABI.
#include <unistd.h>

#include "base/files.h"
#include "cli/build.h"

namespace octavo::cli {

namespace fs = std::filesystem;
using base::Error;
using base::Exit;

namespace {

std::vector<std::string> compile_flags(const Build& build) {
  std::vector<std::string> flags = {"-std=c++20", "-O2", "-fPIC", "-fvisibility=hidden", "-ffp-contract=off"};
  for (const std::string& folder : build.toolchain.runtime_includes) flags.insert(flags.end(), {"-isystem", folder});
  return flags;
}

void run(const std::vector<std::string>& command, const std::string& what) {
  const ProcessResult result = run_process(command);
  if (result.ok()) return;
  if (says_disk_full(result.err)) {
    throw Error(Exit::refused, {}, "the disk is full\n" + result.err, "free some space");
  }
  throw Error(Exit::internal, {}, what + " failed: " + command_line(command) + "\n" + result.err);
}

}  // namespace

void link_stage(Build& build) {
  const fs::path source = build.file(".cpp"), header = build.file(".h"), object = build.file(".so");
  const fs::path archive = fs::path(build.options.output) / ("lib" + build.options.name + ".a");
  const Toolchain& tools = build.toolchain;
  Key key = build.key();
  key.add(compile_flags(build)).add(program_version(tools.cxx)).file(source).file(header).file(tools.runtime_library);

  build.stage("link", key, {archive, object}, [&] {
    require_host_compiler(tools);
    const std::string plain = build.hidden(build.options.name + ".o").string();
    const std::string half_archive = build.hidden("half.a").string(), half_object = build.hidden("half.so").string();

    std::vector<std::string> compile = {tools.cxx};
    for (const std::string& flag : compile_flags(build)) compile.push_back(flag);
    std::vector<std::string> shared = compile;
    compile.insert(compile.end(), {"-c", source.string(), "-o", plain});
    run(compile, "compiling the emitted code");
    unlink(half_archive.c_str());
    run({"ar", "rcsD", half_archive, plain}, "archiving");

    // Symbols of the runtime stay inside: two models of different versions may live in one process.
    shared.insert(shared.end(),
                  {"-shared", "-DOCTAVO_SHARED_OBJECT", source.string(), tools.runtime_library.string(), "-o",
                   half_object, "-pthread", "-Wl,--exclude-libs,ALL", "-Wl,-Bsymbolic", "-Wl,--no-undefined"});
    run(shared, "linking the shared object");
    fs::rename(half_archive, archive);
    fs::rename(half_object, object);
    return Files{};
  });
}

}  // namespace octavo::cli
