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

// The product behind a summand that nothing else reads and that has no residual yet.
const Call* product_of(const Rewriter& r, ValueId summand) {
  const Call* product = r.producer(summand);
  if (product == nullptr || !r.single_use(summand)) return nullptr;
  const bool free = product->op == "linear" ? product->operands.size() < 4
                                            : product->op == "linear_s8" && product->operands.size() < 5;
  return free ? product : nullptr;
}

}  // namespace

Graph fuse_linear_residual(Graph graph) {
  return rewrite(std::move(graph), [](Rewriter& r, const Call& call) {
    if (call.op != "add" || call.operands.size() != 2) return;
    for (const size_t side :
         {1, 0}) {  // x + linear(...) is how it is written; of two products the later one takes the other
      const Call* product = product_of(r, call.operands[side]);
      const ValueId residual = call.operands[1 - side];
      if (product == nullptr || !(r.type(residual) == r.type(call.operands[side]))) continue;
      std::vector<ValueId> operands = product->operands;
      operands.resize(product->op == "linear" ? 3 : 4, kNone);
      operands.push_back(residual);
      r.place(product->where);
      r.replace(call, r.emit(product->op, std::move(operands), product->attributes));
      return;
    }
  });
}

}  // namespace octavo::passes
