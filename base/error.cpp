#include "base/error.h"

#include <algorithm>
#include <numeric>

namespace octavo::base {

std::string Place::text() const {
  std::string result = file;
  if (line > 0) result += ":" + std::to_string(line);
  if (line > 0 && column > 0) result += ":" + std::to_string(column);
  return result;
}

Error::Error(Exit exit, Place place, std::string cause, std::string fix)
    : std::runtime_error(cause), exit(exit), place(std::move(place)), cause(std::move(cause)), fix(std::move(fix)) {}

std::string Error::text() const {
  std::string result = place.file.empty() ? "" : place.text() + ": ";
  result += "error: " + cause;
  if (!fix.empty()) result += "\n  fix: " + fix;
  return result;
}

namespace {
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}
}  // namespace

std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;  // further away is not a slip of the hand
  for (const std::string& candidate : candidates) {
    const size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace octavo::base
