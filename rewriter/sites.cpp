#include "rewriter/sites.h"

namespace octavo::rewriter {

std::string text(const Remark& remark) {
  const base::Place place{remark.file, remark.line, remark.column};
  std::string result = place.text() + ": remark: " + remark.text;
  if (!remark.rule.empty()) result += " [" + remark.rule + "]";
  if (remark.source_line.empty()) return result + "\n";
  std::string caret;
  for (int i = 0; i + 1 < remark.column; ++i) {
    const bool tab = i < static_cast<int>(remark.source_line.size()) && remark.source_line[i] == '\t';
    caret += tab ? '\t' : ' ';
  }
  return result + "\n" + remark.source_line + "\n" + caret + "^\n";
}

}  // namespace octavo::rewriter
