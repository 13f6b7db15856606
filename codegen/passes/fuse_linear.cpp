#include <optional>

#include "codegen/passes/passes.h"
#include "codegen/passes/rewriter.h"

namespace octavo::passes {

namespace {

// The epilogue's name for an activation call; empty for other calls.
std::string activation_of(const Call& call) {
  if (call.op == "gelu") return call.string_or("approximate", "none") == "tanh" ? "gelu_tanh" : "gelu_erf";
  for (const char* op : {"relu", "tanh", "silu", "sigmoid"}) {
    if (call.op == op) return op;
  }
  return {};
}

}  // namespace

Graph fuse_linear_activation(Graph graph) {
  return rewrite(std::move(graph), [](Rewriter& r, const Call& call) {
    const std::string activation = activation_of(call);
    if (activation.empty()) return;
    const Call* linear = r.producer(call.operands[0], "linear");
    if (linear == nullptr || linear->has("activation") || !r.single_use(call.operands[0])) return;
    Attributes attributes = linear->attributes;
    attributes["activation"] = activation;
    r.place(linear->where);
    r.replace(call, r.emit("linear", linear->operands, std::move(attributes)));
  });
}

namespace {

// Which operand of a product is its residual; none for other calls.
std::optional<size_t> residual_operand(const Call& call) {
  if (call.op == "linear") return 3;
  if (call.op == "linear_s8") return 4;
  return std::nullopt;
}

}  // namespace

Graph fuse_linear_residual(Graph graph) {
  return rewrite(std::move(graph), [](Rewriter& r, const Call& call) {
    if (call.op != "add" || call.operands.size() != 2) return;
    // x + linear(...) is how it is written; of two products the later one takes the other.
    for (const size_t side : {1, 0}) {
      const Call* product = r.producer(call.operands[side]);
      if (product == nullptr || !r.single_use(call.operands[side])) continue;
      const auto at = residual_operand(*product);
      const ValueId residual = call.operands[1 - side];
      if (!at || product->operands.size() > *at || !(r.type(residual) == r.type(call.operands[side]))) continue;
      std::vector<ValueId> operands = product->operands;
      operands.resize(*at, kNone);
      operands.push_back(residual);
      r.place(product->where);
      r.replace(call, r.emit(product->op, std::move(operands), product->attributes));
      return;
    }
  });
}

}  // namespace octavo::passes
