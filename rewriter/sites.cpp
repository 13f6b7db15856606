#include "rewriter/sites.h"

#include <algorithm>

namespace octavo::rewriter {
namespace {

// Spaces up to the column and a mark under the construct, as wide as it prints: the bytes that continue a character of
// UTF-8 take no room, a tab is repeated.
std::string caret_under(const Remark& remark) {
  const std::string& line = remark.source_line;
  const size_t begin = std::min(line.size(), static_cast<size_t>(std::max(remark.column, 1)) - 1);
  const size_t end = std::min(line.size(), begin + remark.length);
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  std::string text;
  for (size_t i = 0; i < begin; ++i) {
    if (!continues(line[i])) text += line[i] == '\t' ? '\t' : ' ';
  }
  text += '^';
  for (size_t i = begin + 1; i < end; ++i) {
    if (!continues(line[i])) text += '~';
  }
  return text;
}

}  // namespace

std::string text(const Remark& remark) {
  const base::Place place{remark.file, remark.line, remark.column};
  std::string result = place.text() + ": remark: " + remark.text + " [";
  if (!remark.rule.empty()) result += remark.rule + ", ";
  result += remark.reason + "]\n";
  if (!remark.source_line.empty()) result += remark.source_line + "\n" + caret_under(remark) + "\n";
  return result + "  lost: " + remark.lost + "\n  fix: " + remark.fix + "\n";
}

}  // namespace octavo::rewriter
