#include "codegen/graph/text.h"
#include "codegen/passes/passes.h"
#include "codegen/passes/rewriter.h"

namespace octavo::passes {

namespace {

// Operator, operands, attributes and types as text; the place does not matter.
std::string key_of(const Rewriter& r, const Call& call) {
  Call key = call;
  for (ValueId& id : key.operands) id = r.now(id);
  key.results.clear();
  key.where = {};
  std::string text = print(r.graph(), key);
  for (const ValueId id : call.results) {
    const Type type = r.type(id);
    text += std::string(" ") + graph::name(type.dtype) + graph::text(type.shape);
  }
  return text;
}

}  // namespace

Graph share_common(Graph graph) {
  std::map<std::string, std::vector<ValueId>> seen;
  return rewrite(std::move(graph), [&](Rewriter& r, const Call& call) {
    const auto [first, is_new] = seen.try_emplace(key_of(r, call), call.results);
    if (!is_new) r.replace(call, first->second);
  });
}

}  // namespace octavo::passes
