// Sites and remarks: what the rewriter did and did not do, as data and as messages.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/policy.h"
#include "rewriter/reasons.h"

namespace octavo::rewriter {

// One place that a rule matched. Several places may carry one id: a member's declaration and its construction.
struct Site {
  std::string id;  // BertSelfAttention.scores_lhs: class without Impl, then the member; stable under other edits
  base::SiteKind kind = base::SiteKind::linear;
  std::string file;  // absolute
  int line = 0, column = 0, last_line = 0;
  size_t offset = 0, length = 0;  // the construct in the original text, in bytes
  bool call = false;              // an operand of a call, or a call; else a type
  bool rewritten = false;
  std::string rule;       // OCT103
  Stay stays;             // empty if rewritten
  std::string reason;     // why it stays, as text; empty if rewritten
  std::string module;     // BertSelfAttention, empty outside a class
  std::string quantizer;  // the member inserted for it, empty for types
  std::string from, to;   // the text before and after
  int change = 0;         // the edits that carry this number make it; 0 if it stays
};

// A place that stays, or a note about a file. Text, JSON and SARIF show the same fields.
struct Remark {
  std::string file;
  int line = 0, column = 0;
  size_t offset = 0, length = 0;  // the construct quoted
  std::string rule;               // OCT103: what matched; empty for a note
  std::string reason;             // OCT201: why it stays; OCT3nn: the note
  std::string id, module;
  std::string text, lost, fix;
  std::string source_line;  // for the caret
};

// bert.cpp:57:12: remark: BertSelfAttention.scores_lhs stays as it is: inside the macro MM [OCT103, OCT201]
//     auto scores = MM(q, k);
//                   ^~~~~~~~
//   lost: the product runs in float
//   fix: write out here what MM stands for
[[nodiscard]] std::string text(const Remark& remark);

}  // namespace octavo::rewriter
