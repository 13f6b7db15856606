#include "cli/pch.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>

#include "base/error.h"
#include "base/files.h"
#include "cli/process.h"
#include "cli/stamps.h"

namespace octavo::cli {

namespace fs = std::filesystem;
using base::Error;
using base::Exit;

namespace {

// Moves half of each program's compile time into the header.
constexpr const char* kInstantiate = "-fpch-instantiate-templates";

// Held while a process makes the header; the kernel lets go of it when the process dies.
class FileLock {
 public:
  explicit FileLock(const fs::path& path) : descriptor_(open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0) {
      throw Error(Exit::refused, {path.string()}, std::string("cannot be written: ") + std::strerror(errno),
                  "choose another folder with --pch-dir or OCTAVO_CACHE");
    }
    while (flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  ~FileLock() { close(descriptor_); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_;
};

fs::path octavo_header(const Toolchain& toolchain) {
  for (const std::string& folder : toolchain.observe_includes) {
    if (fs::exists(fs::path(folder) / "octavo/torch.h")) return fs::path(folder) / "octavo/torch.h";
  }
  throw Error(Exit::refused, {"octavo/torch.h"}, "is missing", "install Octavo again");
}

// Those that the header must have beyond the flags of every observed program.
Flags own_flags(const Toolchain& toolchain, const Flags& further_flags) {
  Flags flags = header_flags(further_flags);
  const Flags ours = observe_flags(toolchain);
  std::erase_if(flags,
                [&](const std::string& flag) { return std::find(ours.begin(), ours.end(), flag) != ours.end(); });
  return flags;
}

}  // namespace

Flags observe_flags(const Toolchain& toolchain) {
  // -O0 -g1: the program runs once on tiny inputs; only its line numbers matter.
  Flags flags = {"-std=c++20", "-O0", "-g1", "-fPIC", "-w", "-resource-dir", toolchain.resource_dir.string()};
  for (const std::string& folder : toolchain.torch_includes()) flags.insert(flags.end(), {"-isystem", folder});
  for (const std::string& folder : toolchain.observe_includes) flags.insert(flags.end(), {"-isystem", folder});
  return flags;
}

Flags pch_flags(const Toolchain& toolchain, const Flags& further_flags) {
  if (!header_can_fit(further_flags)) return {};
  return {"-include-pch", pch_path(toolchain, further_flags).string()};
}

fs::path pch_path(const Toolchain& toolchain, const Flags& further_flags) {
  Key key;
  key.add(program_version(toolchain.clangxx))
      .add(observe_flags(toolchain))
      .add(own_flags(toolchain, further_flags))
      .add(kInstantiate)
      .file(octavo_header(toolchain));
  key.stamp(toolchain.torch_root / "include/torch/csrc/api/include/torch/torch.h");
  key.stamp(toolchain.torch_library() / "libtorch_cpu.so");
  return toolchain.cache / ("torch-" + key.text() + ".pch");
}

fs::path ensure_pch(const Toolchain& toolchain, const Flags& further_flags, const std::function<void()>& before) {
  if (!header_can_fit(further_flags)) return {};
  require_clang(toolchain);
  require_torch(toolchain);
  const fs::path pch = pch_path(toolchain, further_flags);
  if (fs::exists(pch)) return pch;
  before();
  base::make_directory(toolchain.cache);
  const FileLock lock(toolchain.cache / "lock");
  if (fs::exists(pch)) return pch;

  const fs::path half = pch.string() + ".tmp" + std::to_string(getpid());
  std::vector<std::string> command = {toolchain.clangxx};
  for (const std::string& flag : observe_flags(toolchain)) command.push_back(flag);
  for (const std::string& flag : own_flags(toolchain, further_flags)) command.push_back(flag);
  command.insert(command.end(),
                 {kInstantiate, "-x", "c++-header", octavo_header(toolchain).string(), "-o", half.string()});
  const ProcessResult result = run_process(command);
  if (!result.ok()) {
    std::error_code ignored;
    fs::remove(half, ignored);
    throw Error(Exit::refused, {}, "LibTorch's header cannot be precompiled:\n" + result.err,
                "octavo doctor checks the toolchain");
  }
  fs::rename(half, pch);
  return pch;
}

}  // namespace octavo::cli
