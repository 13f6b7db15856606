// Sites and remarks: what the rewriter did and did not do, as data and as messages.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/policy.h"

namespace octavo::rewriter {

// One place that a rule matched. Several places may carry one id: a member's declaration and its construction.
struct Site {
  std::string id;  // BertSelfAttention.scores_lhs: class without Impl, then the member; stable under other edits
  base::SiteKind kind = base::SiteKind::linear;
  std::string file;  // absolute
  int line = 0, column = 0;
  bool rewritten = false;
  std::string rule;       // OCT103
  std::string reason;     // why it stays; empty if rewritten
  std::string module;     // BertSelfAttention, empty outside a class
  std::string quantizer;  // the member inserted for it, empty for types
  std::string from, to;   // the text before and after
};

struct Remark {
  std::string file;
  int line = 0, column = 0;
  std::string rule, id, text;
  std::string source_line;  // for the caret
};

// bert.cpp:57:12: remark: BertSelfAttention.scores_lhs stays as it is: inside a macro [OCT103]
//   and the source line with a caret under the column
[[nodiscard]] std::string text(const Remark& remark);

}  // namespace octavo::rewriter
