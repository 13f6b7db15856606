#include <optional>

#include "codegen/passes/passes.h"
#include "codegen/passes/rewriter.h"

namespace octavo::passes {

namespace {

// A value that is a fake_quantize, seen through what only moves its elements.
struct Quantised {
  const Call* quantizer;
  std::vector<const Call*> moves;  // the last one first

  // The same moves of what the quantizer reads.
  ValueId without(Rewriter& r) const {
    ValueId x = quantizer->operands[0];
    for (auto move = moves.rbegin(); move != moves.rend(); ++move) x = r.emit((*move)->op, {x}, (*move)->attributes);
    return x;
  }
};

std::optional<Quantised> quantised(const Rewriter& r, ValueId id) {
  Quantised found{};
  for (const Call* call = r.producer(id); call != nullptr; call = r.producer(call->operands[0])) {
    if (call->op == "fake_quantize") {
      found.quantizer = call;
      return found;
    }
    if (call->op != "reshape" && call->op != "permute") break;
    found.moves.push_back(call);
  }
  return std::nullopt;
}

void quantise(Rewriter& r, const Call& call) {
  if (call.op != "attention") return;
  const auto q = quantised(r, call.operands[0]), k = quantised(r, call.operands[1]), v = quantised(r, call.operands[2]);
  const bool scores = q && k, context = v.has_value();
  if (!scores && !context) return;
  std::vector<ValueId> operands = call.operands;
  Attributes attributes = call.attributes;
  const auto take = [&](size_t operand, const Quantised& from, const std::string& scale) {
    operands[operand] = from.without(r);
    if (from.quantizer->has("static_scale")) attributes[scale] = from.quantizer->number("static_scale");
  };
  if (scores) {
    attributes["int8_scores"] = true;
    take(0, *q, "q_scale");
    take(1, *k, "k_scale");
  }
  if (context) {
    attributes["int8_context"] = true;
    take(2, *v, "v_scale");
  }
  r.replace(call, r.emit("attention", operands, std::move(attributes)));
}

}  // namespace

Graph quantise_attention(Graph graph) { return rewrite(std::move(graph), quantise); }

}  // namespace octavo::passes
