// Unified diffs by Myers' greedy algorithm over lines, "An O(ND) difference algorithm and its variations", 1986.
#include <algorithm>
#include <map>

#include "rewriter/apply.h"
#include "rewriter/paths.h"

namespace octavo::rewriter {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  Lines lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t newline = text.find('\n', begin);
    const size_t end = newline == std::string::npos ? text.size() : newline + 1;
    lines.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return lines;
}

struct Step {
  char kind;  // ' ', '-', '+'
  size_t old_line, new_line;
};

// The furthest reaching paths of each edit distance: reach[d][k] is x on diagonal k = x - y.
std::vector<std::map<int, int>> furthest_paths(const Lines& a, const Lines& b) {
  std::vector<std::map<int, int>> reach;
  std::map<int, int> last{{1, 0}};
  const int n = static_cast<int>(a.size()), m = static_cast<int>(b.size());
  for (int d = 0; d <= n + m; ++d) {
    reach.push_back(last);
    for (int k = -d; k <= d; k += 2) {
      const bool down = k == -d || (k != d && last[k - 1] < last[k + 1]);
      int x = down ? last[k + 1] : last[k - 1] + 1;
      while (x < n && x - k < m && a[x] == b[x - k]) ++x;
      last[k] = x;
      if (x >= n && x - k >= m) return reach;
    }
  }
  return reach;
}

std::vector<Step> steps_between(const Lines& a, const Lines& b) {
  std::vector<Step> steps;
  int x = static_cast<int>(a.size()), y = static_cast<int>(b.size());
  auto reach = furthest_paths(a, b);
  for (int d = static_cast<int>(reach.size()) - 1; d >= 0; --d) {
    std::map<int, int>& last = reach[d];
    const int k = x - y;
    const bool down = k == -d || (k != d && last[k - 1] < last[k + 1]);
    const int from_x = d == 0 ? 0 : last[down ? k + 1 : k - 1];
    const int from_y = d == 0 ? 0 : from_x - (down ? k + 1 : k - 1);
    while (x > from_x && y > from_y) --x, --y, steps.push_back({' ', size_t(x), size_t(y)});
    if (d == 0) break;
    if (down) {
      steps.push_back({'+', size_t(x), size_t(--y)});
    } else {
      steps.push_back({'-', size_t(--x), size_t(y)});
    }
  }
  std::reverse(steps.begin(), steps.end());
  return steps;
}

// Within a run of changes, removals go first, as readers expect.
void removals_first(std::vector<Step>& steps) {
  for (size_t i = 0; i < steps.size();) {
    size_t end = i;
    while (end < steps.size() && steps[end].kind != ' ') ++end;
    std::stable_partition(steps.begin() + i, steps.begin() + end, [](const Step& step) { return step.kind == '-'; });
    i = end + 1;
  }
}

std::string range(size_t first, size_t count) {
  const size_t start = count == 0 ? first : first + 1;
  return std::to_string(start) + (count == 1 ? "" : "," + std::to_string(count));
}

std::string hunk(const std::vector<Step>& steps, size_t begin, size_t end, const Lines& a, const Lines& b) {
  std::string body;
  size_t removed = 0, added = 0;
  for (size_t i = begin; i < end; ++i) {
    const Step& step = steps[i];
    const std::string& line = step.kind == '+' ? b[step.new_line] : a[step.old_line];
    body += step.kind + line + (line.ends_with('\n') ? "" : "\n\\ No newline at end of file\n");
    removed += step.kind != '+';
    added += step.kind != '-';
  }
  return "@@ -" + range(steps[begin].old_line, removed) + " +" + range(steps[begin].new_line, added) + " @@\n" + body;
}

// As git writes a name: in quotes if it holds what would end it, with a tab behind if it holds a space.
std::string header(const std::string& sign, const std::string& path) {
  if (path.find_first_of("\"\\\n\t") == std::string::npos)
    return sign + " " + path + (path.find(' ') == std::string::npos ? "\n" : "\t\n");
  std::string quoted;
  for (const char c : path) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c == '\n' ? "\\n" : c == '\t' ? "\\t" : std::string(1, c);
  }
  return sign + " \"" + quoted + "\"\n";
}

}  // namespace

std::string unified_diff(const FileResult& file, const std::filesystem::path& root) {
  if (file.original == file.rewritten) return {};
  const Lines a = lines_of(file.original), b = lines_of(file.rewritten);
  std::vector<Step> steps = steps_between(a, b);
  removals_first(steps);
  std::string path = below(file.path, root);
  if (path.starts_with("/")) path.erase(0, 1);
  std::string text = header("---", "a/" + path) + header("+++", "b/" + path);
  constexpr size_t context = 3;
  for (size_t i = 0; i < steps.size();) {
    if (steps[i].kind == ' ') {
      ++i;
      continue;
    }
    const size_t begin = i < context ? 0 : i - context;
    size_t last = i;  // the last change that joins this hunk
    for (size_t j = i; j < steps.size() && j <= last + 2 * context; ++j) {
      if (steps[j].kind != ' ') last = j;
    }
    const size_t end = std::min(last + 1 + context, steps.size());
    text += hunk(steps, begin, end, a, b);
    i = end;
  }
  return text;
}

}  // namespace octavo::rewriter
