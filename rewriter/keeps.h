// Comments by which a source keeps places as they are:
//
//   torch::nn::Linear head{4, 2};  // octavo: keep(OCT101) two outputs, not worth it
//
//   // octavo: keep(OCT103, OCT104) the mask needs the exact sums
//   auto scores = norm(torch::matmul(q, k));
//
// A comment beside code speaks for its line, one on a line of its own for the next line of code. The reason is part of
// it: a comment without one, or that names no rule, is an error.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "rewriter/found.h"

namespace octavo::rewriter {

struct Keep {
  Spot spot;                       // the comment
  int covers = 0;                  // the line it speaks for
  std::vector<std::string> rules;  // OCT101
  std::string reason;
  std::set<std::string> used;  // those of its rules that kept a place
};

class Keeps {
 public:
  // Throws Error (refused) for a comment that is not well formed.
  explicit Keeps(const std::map<std::string, std::string>& texts);

  // Why the comments keep a place of this rule that begins on one of these lines; empty if they do not.
  [[nodiscard]] Stay find(const std::string& file, std::initializer_list<int> lines, const std::string& rule);
  // The comments, each with the rules that kept nothing.
  [[nodiscard]] std::vector<std::pair<Spot, std::string>> idle() const;

 private:
  std::map<std::string, std::vector<Keep>> keeps_;  // by file
};

}  // namespace octavo::rewriter
