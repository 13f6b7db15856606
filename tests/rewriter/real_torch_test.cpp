// models/bert.cpp over the real LibTorch, through a precompiled octavo/torch.h as the command line uses it.
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "base/files.h"
#include "fixture.h"

namespace octavo::rewriter {
namespace {

namespace fs = std::filesystem;

struct Torch {
  fs::path root = TORCH_FOLDER;
  fs::path tree = SOURCE_FOLDER;
  [[nodiscard]] bool there() const {
    return fs::exists(root / "include/torch/csrc/api/include/torch/torch.h") && fs::exists(header()) &&
           fs::exists(tree / "models/bert.cpp");
  }
  [[nodiscard]] fs::path header() const { return tree / "codegen/observe/include/octavo/torch.h"; }
  [[nodiscard]] std::vector<std::string> flags() const {
    return {"-std=c++20",
            "-fPIC",
            "-D_GLIBCXX_USE_CXX11_ABI=1",
            "-isystem",
            (root / "include").string(),
            "-isystem",
            (root / "include/torch/csrc/api/include").string(),
            "-I",
            header().parent_path().parent_path().string()};
  }
};

// Made once per build folder; ten seconds and 130 MB.
fs::path precompiled(const Torch& torch) {
  const fs::path pch = fs::path(BUILD_FOLDER) / "octavo_torch.pch";
  if (fs::exists(pch) && fs::last_write_time(pch) > fs::last_write_time(torch.header())) return pch;
  std::string command = std::string(CLANGXX) + " -x c++-header -O0";
  for (const std::string& flag : torch.flags()) command += " " + flag;
  command += " " + torch.header().string() + " -o " + pch.string();
  return std::system(command.c_str()) == 0 ? pch : fs::path();
}

TEST(RealTorch, Bert) {
  const Torch torch;
  if (!torch.there()) GTEST_SKIP() << "no LibTorch in " << torch.root << ": models/bert.cpp is not tried";
  Options options;
  options.sources = {(torch.tree / "models/bert.cpp").string()};
  options.clang_args = torch.flags();
  options.pch = precompiled(torch);
  ASSERT_FALSE(options.pch.empty()) << "octavo/torch.h does not compile";

  const Result result = rewrite(options);
  ASSERT_EQ(result.exit, base::Exit::done) << result.diagnostics;
  EXPECT_TRUE(result.files[0].reverses_alone);
  for (const Site& site : result.sites) EXPECT_TRUE(site.rewritten) << site.id << ": " << site.reason;

  options.memory[result.files[0].path] = result.files[0].rewritten;
  const Result again = rewrite(options);
  EXPECT_EQ(again.exit, base::Exit::done) << again.diagnostics;
  EXPECT_EQ(again.files[0].rewritten, result.files[0].rewritten);
}

}  // namespace
}  // namespace octavo::rewriter
