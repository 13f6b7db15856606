#include "codegen/passes/passes.h"
#include "codegen/passes/rewriter.h"

namespace octavo::passes {

Graph fuse_layer_norm_residual(Graph graph) {
  return rewrite(std::move(graph), [](Rewriter& r, const Call& call) {
    if (call.op != "layer_norm" || call.operands.size() != 3) return;
    const Call* sum = r.producer(call.operands[0], "add");
    if (sum == nullptr || sum->operands.size() != 2 || !r.single_use(call.operands[0])) return;
    // The kernel reads both summands as whole rows: nothing broadcasts.
    const Type type = r.type(call.operands[0]);
    if (!(r.type(sum->operands[0]) == type) || !(r.type(sum->operands[1]) == type)) return;
    r.replace(call, r.emit("layer_norm", {sum->operands[0], call.operands[1], call.operands[2], sum->operands[1]},
                           call.attributes));
  });
}

namespace {

const Call* quantised_by(const Rewriter& r, const Call& norm) {
  for (const Call* reader : r.consumers(norm.results[0])) {
    if (reader->op == "quantize_rows" && !reader->has("zero_point")) return reader;
  }
  return nullptr;
}

}  // namespace

Graph fuse_layer_norm_quantise(Graph graph) {
  std::map<ValueId, std::vector<ValueId>> fused;  // by the first result of the quantize_rows that moved
  return rewrite(std::move(graph), [&](Rewriter& r, const Call& call) {
    if (call.op == "quantize_rows" && fused.contains(call.results[0])) {
      return r.replace(call, fused.at(call.results[0]));
    }
    if (call.op != "layer_norm" || call.has("quantize")) return;
    const Call* quantise = quantised_by(r, call);
    if (quantise == nullptr) return;
    Attributes attributes = call.attributes;
    attributes["quantize"] = true;
    if (quantise->has("static_scale")) attributes["static_scale"] = quantise->number("static_scale");
    std::vector<ValueId> operands = call.operands;
    operands.resize(4, kNone);
    const std::vector<ValueId> results = r.emit_many("layer_norm", std::move(operands), std::move(attributes));
    fused[quantise->results[0]] = {results[1], results[2]};
    r.replace(call, results[0]);
  });
}

}  // namespace octavo::passes
