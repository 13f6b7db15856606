// From edits to text, and from two texts to what a reviewer reads.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "rewriter/rewrite.h"

namespace octavo::rewriter {

// Some editors of Windows put it in front of UTF-8.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// Edits are sorted by offset and do not overlap; equal offsets apply in order.
[[nodiscard]] std::string edited(const std::string& text, const std::vector<Edit>& edits);
// The edit that adds `#include <octavo/torch.h>` beside the file's LibTorch includes; none if it is there.
[[nodiscard]] std::vector<Edit> include_edit(const std::string& path, const std::string& text);

// As `git diff` prints it, with the path relative to `root`; empty if nothing changed.
[[nodiscard]] std::string unified_diff(const FileResult& file, const std::filesystem::path& root = ".");
// The rewritten text with `#line` markers, so that compilers and debuggers point into the original file.
[[nodiscard]] std::string text_with_line_markers(const FileResult& file);

}  // namespace octavo::rewriter
