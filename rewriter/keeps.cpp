#include "rewriter/keeps.h"

#include <algorithm>
#include <regex>

#include "base/error.h"
#include "rewriter/rules/rules.h"
#include "rewriter/tokens.h"

namespace octavo::rewriter {
namespace {

using base::Error;
using base::Exit;

std::string trim(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r\n"), end = text.find_last_not_of(" \t\r\n");
  return begin == std::string::npos ? std::string() : text.substr(begin, end - begin + 1);
}

[[noreturn]] void fail(const Spot& spot, const std::string& cause, const std::string& fix) {
  throw Error(Exit::refused, {spot.file, spot.line, spot.column}, cause, fix);
}

std::string rule_id(const std::string& word, const Spot& spot) {
  std::vector<std::string> known;
  for (const Rule* rule : rules()) {
    if (word == rule->id) return word;
    if (word == rule->name)
      fail(spot, "keep(" + word + "): rules go by their number", "write keep(" + std::string(rule->id) + ")");
    known.push_back(rule->id);
  }
  for (const Reason& reason : reasons()) {
    if (word == reason.id)
      fail(spot, "keep(" + word + "): " + word + " is a reason, not a rule",
           "name the rule of the place, as its remark does");
  }
  const std::string near = base::nearest(word, known);
  fail(spot, "keep(" + word + "): unknown rule '" + word + "'",
       near.empty() ? "`octavo explain` lists the rules" : "did you mean " + near + "?");
}

std::vector<std::string> rule_ids(const std::string& list, const Spot& spot) {
  std::vector<std::string> ids;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t comma = std::min(list.find(',', begin), list.size());
    const std::string word = trim(list.substr(begin, comma - begin));
    if (word.empty()) fail(spot, "keep() names no rule", "write keep(OCT101) and the reason");
    ids.push_back(rule_id(word, spot));
    begin = comma + 1;
  }
  return ids;
}

// `text` is a whole comment; nothing comes back for one that does not speak to Octavo.
std::optional<Keep> keep_in(const std::string& text, const Spot& spot) {
  static const std::regex shape(R"(^(//|/\*)[/*!]*\s*octavo:\s*(\w+)\s*\(([^)]*)\)([\s\S]*?)(\*/)?$)");
  std::smatch parts;
  if (!std::regex_match(text, parts, shape)) return {};
  if (parts[2] != "keep")
    fail(spot, "unknown comment 'octavo: " + parts[2].str() + "(…)'", "write octavo: keep(OCT101) and the reason");
  Keep keep;
  keep.spot = spot;
  keep.rules = rule_ids(parts[3], spot);
  keep.reason = trim(parts[4]);
  if (keep.reason.empty())
    fail(spot, "keep(" + parts[3].str() + ") gives no reason", "say why after the parenthesis, on the same line");
  return keep;
}

// Adds the comments of one file. A comment on a line of its own waits for the next code.
void read(const std::string& file, const std::string& text, std::vector<Keep>& keeps) {
  if (text.find("octavo:") == std::string::npos) return;
  std::vector<size_t> waiting;
  int line = 1, code_line = 0;  // of the token at hand; of the last code before it
  size_t line_begin = 0, done = 0;
  const auto walk_to = [&](size_t offset) {
    for (; done < offset; ++done) {
      if (text[done] != '\n') continue;
      ++line;
      line_begin = done + 1;
    }
  };
  for (const Token& token : tokens_of(text, Comments::kept)) {
    walk_to(token.begin);
    if (!token.comment) {
      for (const size_t i : waiting) keeps[i].covers = line;
      waiting.clear();
      walk_to(token.end);  // a raw string may span lines
      code_line = line;
      continue;
    }
    const Spot spot{file, token.begin, token.end, line, static_cast<int>(token.begin - line_begin) + 1};
    auto keep = keep_in(token.text, spot);
    if (!keep) continue;
    keep->covers = line;
    if (code_line != line) waiting.push_back(keeps.size());
    keeps.push_back(std::move(*keep));
  }
}

}  // namespace

Keeps::Keeps(const std::map<std::string, std::string>& texts) {
  for (const auto& [file, text] : texts) read(file, text, keeps_[file]);
}

Stay Keeps::find(const std::string& file, std::initializer_list<int> lines, const std::string& rule) {
  const auto keeps = keeps_.find(file);
  if (keeps == keeps_.end()) return {};
  Stay found;
  for (Keep& keep : keeps->second) {
    if (std::find(lines.begin(), lines.end(), keep.covers) == lines.end()) continue;
    if (std::find(keep.rules.begin(), keep.rules.end(), rule) == keep.rules.end()) continue;
    keep.used.insert(rule);
    found = {Why::kept, keep.reason, {}};
  }
  return found;
}

std::vector<std::pair<Spot, std::string>> Keeps::idle() const {
  std::vector<std::pair<Spot, std::string>> result;
  for (const auto& [file, keeps] : keeps_) {
    for (const Keep& keep : keeps) {
      std::string unused;
      for (const std::string& rule : keep.rules) {
        if (!keep.used.contains(rule)) unused += (unused.empty() ? "" : ", ") + rule;
      }
      if (!unused.empty()) result.emplace_back(keep.spot, unused);
    }
  }
  return result;
}

}  // namespace octavo::rewriter
