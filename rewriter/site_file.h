// The site file: what `rewrite --report` writes, and what --reverse reads back.
//
//   {"schema": 1,
//    "sites": [{"id", "kind": "linear|embedding|matmul|layer_norm", "file", "line", "column", "last_line",
//               "call": true for operands and calls, false for types, "status": "rewritten|skipped", "rule", "reason",
//               "module", "quantizer", "from", "to"}],
//    "remarks": [{"file", "line", "column", "rule", "reason": "OCT2nn|OCT3nn", "id", "module", "text", "lost", "fix", "source"}],
//    "files": [{"path", "spellings": ["torch::nn::Linear", ...], "edits": [[offset, "text there now", "text before"]]}]}
//
// Offsets count bytes of the rewritten text.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rewriter/rewrite.h"

namespace octavo::rewriter {

// Files are named relative to `root` if they lie below it.
[[nodiscard]] std::string site_report_json(const Result& result, const std::filesystem::path& root = ".");

struct SiteFile {
  struct Replaced {
    size_t offset;
    std::string now, before;
  };
  struct File {
    std::string path;  // absolute
    std::vector<std::string> spellings;
    std::vector<Replaced> edits;
    // The edits that restore the original, if every edit still stands where it was made.
    [[nodiscard]] std::optional<std::vector<Edit>> undo(const std::string& text) const;
  };
  std::vector<File> files;
  std::set<std::string> quantizers;
  [[nodiscard]] const File* find(const std::string& path) const;
};

// Throws Error (refused) for a file that is no site file. Relative paths in it are taken from `root`.
[[nodiscard]] SiteFile read_site_file(const std::filesystem::path& path, const std::filesystem::path& root = ".");

}  // namespace octavo::rewriter
