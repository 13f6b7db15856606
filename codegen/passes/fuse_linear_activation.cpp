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

}  // namespace octavo::passes
