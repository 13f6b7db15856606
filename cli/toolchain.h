// Where everything is that a build needs besides the model: Clang, the host compiler, LibTorch, Octavo's own headers
// and libraries, the sources in models/. The facts come from octavo.toolchain.json, which the build writes beside the
// executable and an installation under lib/octavo; relative paths in it start at the file. Options and environment
// variables override single facts.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace octavo::cli {

struct ToolchainOptions {
  std::string torch_root;    // --torch-root, else OCTAVO_TORCH_ROOT
  std::string resource_dir;  // --resource-dir
  std::string pch_dir;       // --pch-dir, else OCTAVO_CACHE, the build tree's, XDG_CACHE_HOME/octavo, ~/.cache/octavo
};
void add_toolchain_options(CLI::App& app, ToolchainOptions& options);

struct Toolchain {
  std::filesystem::path file;  // the octavo.toolchain.json it was read from
  std::string clangxx;         // builds the observed program
  std::filesystem::path resource_dir;
  std::string cxx;                   // builds the emitted code
  std::filesystem::path torch_root;  // include/ and lib/
  std::vector<std::string> observe_includes, runtime_includes;
  std::vector<std::string> observe_libraries;  // archives in link order, then whatever they need
  std::filesystem::path runtime_library, models;
  std::filesystem::path cache;  // holds the precompiled header

  [[nodiscard]] static Toolchain find(const ToolchainOptions& options);
  [[nodiscard]] std::vector<std::string> torch_includes() const;
  [[nodiscard]] std::filesystem::path torch_library() const;  // the folder of libtorch.so
};

// Throws base::Error (refused) naming what is missing and how to get it.
void require_clang(const Toolchain& toolchain);
void require_torch(const Toolchain& toolchain);
void require_host_compiler(const Toolchain& toolchain);

[[nodiscard]] std::filesystem::path own_executable();
[[nodiscard]] std::string version();       // 0.1.0
[[nodiscard]] std::string version_text();  // octavo 0.1.0 (Clang 19.1.7)
// First line of `program --version`, or empty.
[[nodiscard]] std::string program_version(const std::string& program);
[[nodiscard]] std::string torch_version(const std::filesystem::path& torch_root);

}  // namespace octavo::cli
