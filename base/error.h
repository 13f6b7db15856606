// Errors a user can act on: the place, the cause, the smallest fix and the process's exit code.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace octavo::base {

// Exit codes of `octavo` and of the observed program.
enum class Exit {
  done = 0,
  check_failed = 1,  // a check failed or changes are needed
  usage = 2,
  parse = 3,    // the source does not parse
  refused = 4,  // a conflict, or input that Octavo does not take
  internal = 5  // a defect of Octavo
};

struct Place {
  std::string file;  // empty: no place
  int line = 0;      // 1-based; 0: the whole file
  int column = 0;    // 1-based; 0: the whole line

  [[nodiscard]] std::string text() const;  // bert.cpp:57:12
  friend bool operator==(const Place&, const Place&) = default;
};

class Error : public std::runtime_error {
 public:
  Error(Exit exit, Place place, std::string cause, std::string fix = {});

  Exit exit;
  Place place;
  std::string cause;
  std::string fix;

  // "bert.cpp:57:12: error: cause\n  fix: fix", as every Octavo program prints it.
  [[nodiscard]] std::string text() const;
};

// The candidate nearest to `word` by edit distance, for "did you mean": empty when none is near.
[[nodiscard]] std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace octavo::base
