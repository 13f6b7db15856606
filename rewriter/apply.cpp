#include "rewriter/apply.h"

#include <clang/Tooling/Inclusions/HeaderIncludes.h>

namespace octavo::rewriter {

std::string edited(const std::string& text, const std::vector<Edit>& edits) {
  std::string result;
  size_t done = 0;
  for (const Edit& edit : edits) {
    result.append(text, done, edit.offset - done);
    result += edit.text;
    done = edit.offset + edit.length;
  }
  return result.append(text, done);
}

std::vector<Edit> include_edit(const std::string& path, const std::string& text) {
  using namespace clang::tooling;
  IncludeStyle style;
  style.IncludeBlocks = IncludeStyle::IBS_Preserve;
  style.IncludeCategories = {{"^<(octavo|torch|ATen|c10)/", 1, 0, false}, {".*", 2, 0, false}};
  const size_t mark = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;  // stays in front
  const std::string body = text.substr(mark);
  const HeaderIncludes includes(path, body, style);
  const auto edit = includes.insert("octavo/torch.h", /*IsAngled=*/true, IncludeDirective::Include);
  if (!edit) return {};
  const size_t offset = edit->getOffset() + mark;
  std::string line = edit->getReplacementText().str();
  // The line end of the line that it comes before, or of the file's last.
  size_t end = text.find('\n', offset);
  if (end == std::string::npos) end = text.rfind('\n');
  const bool crlf = end != std::string::npos && end > 0 && text[end - 1] == '\r';
  if (crlf && line.ends_with("\n")) line.insert(line.size() - 1, "\r");
  return {{offset, edit->getLength(), line}};
}

std::string text_with_line_markers(const FileResult& file) {
  const std::string marker_end = " \"" + file.path + "\"\n";
  std::string result;
  int original = 1, printed = 0;  // the original line being copied, the line that a compiler would count
  std::string line;
  int line_from = 1;
  const auto flush = [&] {
    if (line_from != printed + 1) result += "#line " + std::to_string(line_from) + marker_end;
    result += line;
    printed = line_from;
    line.clear();
    line_from = original;
  };
  const auto put = [&](const std::string& text, bool copied) {
    for (const char c : text) {
      line += c;
      if (c != '\n') continue;
      original += copied;
      flush();
    }
  };
  size_t done = 0;
  result = "#line 1" + marker_end;
  for (const Edit& edit : file.edits) {
    put(file.original.substr(done, edit.offset - done), true);
    put(edit.text, false);
    done = edit.offset + edit.length;
  }
  put(file.original.substr(done), true);
  if (!line.empty()) flush();
  return result;
}

}  // namespace octavo::rewriter
