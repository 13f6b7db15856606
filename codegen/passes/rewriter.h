// The frame that most passes share: walk the calls in order, match each against the graph as it was, put other
// calls in its place, drop what nobody reads any more.
//
//   Graph fuse_x(Graph graph) {
//     return rewrite(std::move(graph), [](Rewriter& r, const Call& call) {
//       const Call* product = r.producer(call.operands[0], "linear");
//       if (call.op != "x" || !product || !r.single_use(call.operands[0])) return;   // the call stays as it is
//       r.replace(call, r.emit("linear_x", product->operands, product->attributes));
//     });
//   }
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "codegen/passes/infer.h"

namespace octavo::passes {

using graph::Attribute;
using graph::Attributes;
using graph::Call;

class Rewriter {
 public:
  explicit Rewriter(Graph graph);

  // Matching. Ids are those of the graph as it was.
  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] Type type(ValueId id) const { return graph_.type(id); }  // a copy: emitting moves the values
  // The call that defines the value, if it is an `op` (any, when empty); null for inputs, weights and kNone.
  [[nodiscard]] const Call* producer(ValueId id, std::string_view op = {}) const;
  [[nodiscard]] std::vector<const Call*> consumers(ValueId id) const;
  [[nodiscard]] bool is_output(ValueId id) const;
  [[nodiscard]] bool single_use(ValueId id) const;

  // What stands for the value now, after the replacements so far.
  [[nodiscard]] ValueId now(ValueId id) const;

  // Emitting, at the place of the call being rewritten or at `place`. Types are inferred, unless given.
  ValueId emit(const std::string& op, std::vector<ValueId> operands, Attributes attributes = {});
  std::vector<ValueId> emit_many(const std::string& op, std::vector<ValueId> operands, Attributes attributes = {});
  ValueId emit_typed(const std::string& op, std::vector<ValueId> operands, Attributes attributes, Type type);
  void place(base::Place where) { where_ = std::move(where); }
  ValueId cast(ValueId id, DType dtype);
  ValueId reshape(ValueId id, const Shape& shape);
  ValueId permute(ValueId id, const std::vector<int64_t>& dims);
  // The weight made of these tensors (graph::Weight), which may be there already.
  ValueId add_weight(Type type, std::vector<std::string> tensors, std::vector<int64_t> order = {});

  // The call goes; its results become these values. A value emitted for it takes over the result's name.
  void replace(const Call& call, ValueId by) { replace(call, std::vector<ValueId>{by}); }
  void replace(const Call& call, const std::vector<ValueId>& by);

 private:
  friend Graph rewrite(Graph graph, const std::function<void(Rewriter&, const Call&)>& rule, bool* changed);
  Graph graph_;  // its calls stay as they were until finish(); values and weights are appended
  graph::Uses uses_;
  size_t values_before_;
  std::vector<Call> emitted_;  // the new list
  size_t begin_ = 0;           // where the emissions for the present call start
  base::Place where_;
  std::map<ValueId, ValueId> moved_;
  std::optional<std::vector<ValueId>> replaced_;
  bool changed_ = false;

  void step(const Call& call, const std::function<void(Rewriter&, const Call&)>& rule);
  void settle(ValueId result, ValueId by);
  Graph finish();
};

// A weight of one tensor, not seen in another shape, with its dims in this order: stored so.
[[nodiscard]] ValueId permuted_weight(Rewriter& r, ValueId weight, const std::vector<int64_t>& dims);

using Rule = std::function<void(Rewriter&, const Call&)>;
[[nodiscard]] Graph rewrite(Graph graph, const Rule& rule, bool* changed = nullptr);

[[nodiscard]] Shape to_shape(const std::vector<int64_t>& numbers);
// A list attribute of constants, such as dims.
[[nodiscard]] std::vector<int64_t> integers(const Call& call, const std::string& key);

}  // namespace octavo::passes
