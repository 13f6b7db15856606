// A rule finds the places of one kind in a unit; the plan decides what becomes of them. docs/adding-a-rule.md.
#pragma once

#include "rewriter/unit.h"

namespace octavo::rewriter {

struct Rule {
  const char* id;    // OCT101, for messages, the site file and `octavo explain`
  const char* name;  // linear
  base::SiteKind kind;
  const char* matches;  // what it matches and what that becomes: a line each, as docs/dialect.md shows them
  const char* becomes;
  const char* before;  // an example, and what it becomes; null after: it stays
  const char* after;
  const char* lost;  // what it costs when a place stays
  void (*find)(const Unit& unit);
};

extern const Rule linear_rule, embedding_rule, matmul_rule, layer_norm_rule, library_module_rule;

}  // namespace octavo::rewriter
