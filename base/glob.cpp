#include "base/glob.h"

namespace octavo::base {

bool glob_match(std::string_view pattern, std::string_view path) {
  if (pattern.empty()) return path.empty();
  if (pattern.starts_with("**")) {
    const std::string_view rest = pattern.substr(2);
    for (size_t i = 0; i <= path.size(); ++i) {
      if (glob_match(rest, path.substr(i))) return true;
    }
    return false;
  }
  if (pattern.front() == '*') {
    const std::string_view rest = pattern.substr(1);
    for (size_t i = 0;; ++i) {
      if (glob_match(rest, path.substr(i))) return true;
      if (i == path.size() || path[i] == '.') return false;
    }
  }
  return !path.empty() && pattern.front() == path.front() && glob_match(pattern.substr(1), path.substr(1));
}

}  // namespace octavo::base
