#include "rewriter/rules/rules.h"

#include "base/error.h"

namespace octavo::rewriter {

std::span<const Rule* const> rules() {
  static const Rule* const table[] = {
      &linear_rule,          // the bulk of the weights
      &embedding_rule,       // the rest of the weights
      &matmul_rule,          // products of activations: attention's scores and context
      &layer_norm_rule,      // residual sums and what is normalised
      &library_module_rule,  // only remarks
  };
  return table;
}

const Rule& rule(const std::string& id) {
  for (const Rule* rule : rules()) {
    if (rule->id == id) return *rule;
  }
  throw base::Error(base::Exit::internal, {}, "no rule is called " + id);
}

}  // namespace octavo::rewriter
