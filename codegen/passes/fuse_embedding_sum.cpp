#include <algorithm>

#include "codegen/passes/passes.h"
#include "codegen/passes/rewriter.h"

namespace octavo::passes {

namespace {

using Terms = std::vector<const Call*>;

bool is_table_lookup(const Rewriter& r, const Call* call) {
  return call != nullptr && r.type(call->results[0]).dtype == DType::f32 && r.type(call->operands[0]).shape.size() == 2;
}

// The lookups that `id` is the sum of, in the order of the additions; empty when it is something else.
// a + b and b + a are the same bits, so a lookup may stand on either side; (a + b) + (c + d) may not be reordered.
Terms terms_of(const Rewriter& r, ValueId id, bool outermost) {
  if (!outermost && !r.single_use(id)) return {};
  if (const Call* lookup = r.producer(id, "embedding"); is_table_lookup(r, lookup)) return {lookup};
  const Call* sum = r.producer(id, "add");
  if (sum == nullptr || sum->operands.size() != 2 || sum->operands[0] == sum->operands[1]) return {};
  Terms left = terms_of(r, sum->operands[0], false), right = terms_of(r, sum->operands[1], false);
  if (left.empty() || right.empty()) return {};
  if (right.size() > 1) std::swap(left, right);
  if (right.size() > 1) return {};
  left.push_back(right[0]);
  return left;
}

// ids that were expanded only to meet the others broadcast by themselves.
std::vector<ValueId> narrow_ids(const Rewriter& r, const Terms& terms, const Shape& shape) {
  std::vector<ValueId> ids;
  for (const Call* term : terms) ids.push_back(term->operands[1]);
  for (ValueId& id : ids) {
    const Call* expanded = r.producer(id, "expand");
    if (expanded == nullptr) continue;
    const ValueId wide = id;
    id = expanded->operands[0];
    Shape all;
    for (const ValueId each : ids) all = broadcast(all, r.type(each).shape, expanded->where);
    if (!(all == shape)) id = wide;
  }
  return ids;
}

}  // namespace

Graph fuse_embedding_sum(Graph graph) {
  return rewrite(std::move(graph), [](Rewriter& r, const Call& call) {
    if (call.op != "add" && call.op != "embedding") return;
    const Terms terms = terms_of(r, call.results[0], true);
    if (terms.empty()) return;
    std::string sites, precisions;
    bool alike = true;
    for (const Call* term : terms) {
      const std::string comma = term == terms[0] ? "" : ",", precision = term->string_or("precision", "fp32");
      sites += comma + term->string_or("site", "");
      precisions += comma + precision;
      alike = alike && precision == terms[0]->string_or("precision", "fp32");
    }
    if (alike) precisions = terms[0]->string_or("precision", "fp32");
    Shape shape = r.type(call.results[0]).shape;
    shape.pop_back();
    std::vector<ValueId> operands = narrow_ids(r, terms, shape);
    for (const Call* term : terms) operands.push_back(term->operands[0]);
    r.place(terms[0]->where);
    r.replace(
        call,
        r.emit("embedding_sum", std::move(operands),
               {{"terms", Dim(static_cast<int64_t>(terms.size()))}, {"sites", sites}, {"precision", precisions}}));
  });
}

}  // namespace octavo::passes
