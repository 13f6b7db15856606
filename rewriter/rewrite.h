// Rewrites a transformer's LibTorch source so that it can be quantised: text edits decided by AST types.
//
//   torch::nn::Linear dense;                ->  octavo::nn::QuantLinear dense;
//   auto s = torch::matmul(q, k);           ->  auto s = torch::matmul(s_lhs(q), s_rhs(k));
//                                               and in the class, after its last data member:
//                                               octavo::nn::Quantizer s_lhs = octavo::quantizer(*this, "s_lhs");
//
// Every place that a rule matches is edited or listed with the reason why it is not. Files are parsed where they
// lie and nothing is written: the caller gets the new texts. docs/dialect.md lists what is matched.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/policy.h"
#include "rewriter/sites.h"

namespace octavo::rewriter {

struct Options {
  std::vector<std::string> sources;
  std::vector<std::string> clang_args;  // what follows `--`; wins over a compilation database
  std::optional<std::filesystem::path> compile_commands_dir;
  std::string header_filter;           // regular expression: headers to edit besides the sources
  std::filesystem::path resource_dir;  // Clang's own headers; empty: found at configure time
  std::filesystem::path pch;           // precompiled octavo/torch.h, made with the same flags; may be empty
  // What a command of the compilation database is parsed with: `c++ flags… source`; null: itself.
  std::function<std::vector<std::string>(std::vector<std::string>)> adjust;
  const base::Policy* policy = nullptr;       // its [rewrite] skip patterns
  std::map<std::string, std::string> memory;  // absolute path -> text that stands in for the file
};

// One replacement in the original text; a pure insertion has length 0.
struct Edit {
  size_t offset = 0, length = 0;
  std::string text;
  int change = 0;  // the Site::change that it is part of; 0: the file's include
};

struct FileResult {
  std::string path;  // absolute
  std::string original, rewritten;
  std::vector<Edit> edits;             // by offset
  std::vector<std::string> spellings;  // what each `octavo::nn::Quant…` replaced, in order; "" for the user's own
  bool reverses_alone = true;          // --reverse finds the original bytes without the site file
};

struct Result {
  base::Exit exit = base::Exit::done;  // done, or parse: then there are no edits
  std::vector<FileResult> files;       // sources first, then edited headers
  std::vector<Site> sites;             // by file and place
  std::vector<Remark> remarks;         // one for each site that stays, and notes
  std::string diagnostics;             // Clang's own messages
};

// Throws Error (usage) for a missing source, Error (refused) for edits that contradict each other.
[[nodiscard]] Result rewrite(const Options& options);

// The numbered rules, reasons and notes, for `octavo explain`, reports and docs/dialect.md.
struct Explanation {
  std::string id, name;       // OCT101, linear; a reason's name is what it says
  std::string matches;        // what in the source it is about
  std::string becomes;        // rules: what that becomes
  std::string lost, fix;      // what a place that stays costs, and the smallest edit that would pass
  std::string before, after;  // an example; may be empty
  [[nodiscard]] bool is_rule() const { return !becomes.empty(); }
};
[[nodiscard]] std::vector<Explanation> explanations();

// Clang's resource directory as found at configure time, for `octavo doctor`.
[[nodiscard]] std::filesystem::path default_resource_dir();

}  // namespace octavo::rewriter
