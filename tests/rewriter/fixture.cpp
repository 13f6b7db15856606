#include "fixture.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/files.h"
#include "rewriter/apply.h"
#include "rewriter/reverse.h"
#include "rewriter/site_file.h"

namespace octavo::rewriter {
namespace {

namespace fs = std::filesystem;

const std::string include_line = "#include <torch/torch.h>\n";
const std::string octavo_line = "#include <octavo/torch.h>\n";

fs::path scratch_folder() {
  static int number = 0;
  fs::path folder =
      fs::temp_directory_path() / ("octavo-rewriter-" + std::to_string(getpid()) + "-" + std::to_string(number++));
  fs::create_directories(folder);
  return folder;
}

void check_reverses(const Result& result) {
  Options options;
  for (const FileResult& file : result.files) {
    options.sources.push_back(file.path);
    options.memory[file.path] = file.rewritten;
  }
  const fs::path folder = scratch_folder();
  base::write_file(folder / "sites.json", site_report_json(result));
  const Result back = reverse(options, folder / "sites.json");
  for (size_t i = 0; i < result.files.size(); ++i) EXPECT_EQ(back.files[i].rewritten, result.files[i].original);
  fs::remove_all(folder);
  for (const FileResult& file : result.files) {
    if (!file.reverses_alone) return;
  }
  const Result alone = reverse(options);
  for (size_t i = 0; i < result.files.size(); ++i) EXPECT_EQ(alone.files[i].rewritten, result.files[i].original);
}

}  // namespace

void check_git_takes(const FileResult& file) {
  const fs::path folder = scratch_folder();
  const std::string name = fs::path(file.path).filename();
  base::write_file(folder / name, file.original);
  base::write_file(folder / "model.diff", unified_diff(file, fs::path(file.path).parent_path()));
  const std::string command = "cd " + folder.string() + " && GIT_CEILING_DIRECTORIES=" + folder.parent_path().string() +
                              " git apply model.diff";
  EXPECT_EQ(std::system(command.c_str()), 0) << unified_diff(file);
  EXPECT_EQ(base::read_file(folder / name), file.rewritten);
  fs::remove_all(folder);
}

std::string source(const std::string& body) { return include_line + body; }

Options options_for(const std::string& text) {
  Options options;
  options.sources = {model_path};
  options.memory[model_path] = text;
  options.clang_args = {"-std=c++20", "-isystem", STANDIN_FOLDER};
  options.pch = STANDIN_PCH;
  return options;
}

Result rewrite_text(const std::string& text, Options options) {
  Options ours = options_for(text);
  ours.policy = options.policy;
  Result result = rewrite(ours);
  EXPECT_EQ(result.exit, base::Exit::done) << result.diagnostics;
  return result;
}

void check_properties(const Result& result) {
  for (const Site& site : result.sites) EXPECT_NE(site.rewritten, !site.reason.empty()) << site.id;
  for (const FileResult& file : result.files) {
    if (file.edits.empty()) continue;
    const Result again = rewrite(options_for(file.rewritten));
    EXPECT_EQ(again.exit, base::Exit::done) << again.diagnostics << file.rewritten;
    EXPECT_EQ(again.files[0].rewritten, file.rewritten);
    check_git_takes(file);
  }
  check_reverses(result);
}

std::string rewritten(const std::string& body) {
  const Result result = rewrite_text(source(body));
  check_properties(result);
  std::string text = result.files.at(0).rewritten;
  if (text.starts_with(octavo_line)) text.erase(0, octavo_line.size());
  EXPECT_TRUE(text.starts_with(include_line)) << text;
  return text.substr(include_line.size());
}

std::vector<std::string> remarks_of_unchanged(const std::string& body) {
  const Result result = rewrite_text(source(body));
  EXPECT_TRUE(result.files.at(0).edits.empty()) << result.files.at(0).rewritten;
  std::vector<std::string> texts;
  for (const Remark& remark : result.remarks) texts.push_back(remark.text);
  return texts;
}

std::string module(const std::string& members, const std::string& forward) {
  return "struct NetImpl : torch::nn::Module {\n  torch::Tensor forward(torch::Tensor x, torch::Tensor y) {\n    " +
         forward + "\n  }\n" + members + "};\n";
}

}  // namespace octavo::rewriter
