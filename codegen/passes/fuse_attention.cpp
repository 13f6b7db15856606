#include <cmath>
#include <optional>

#include "codegen/passes/attention.h"
#include "codegen/passes/passes.h"

namespace octavo::passes {

namespace {

// A fill this low swallows any score: for |s| < 2^95, s + fill rounds to fill, since half of fill's last place is
// at least 2^95. (lowest(float) and -inf are what sources write; -1e9 is not low enough to be the same bits.)
constexpr double kSwallows = -0x1p120;

struct MaskStep {
  const Call* call;
  bool fill;        // where; else add
  ValueId operand;  // the condition, or the summand
  double value = 0;
  bool kept_where_true = false;  // where(c, scores, fill)
};

// One step outside the scores: an additive mask, or a fill. `inner` receives the scores before it.
std::optional<MaskStep> mask_step(const Rewriter& r, ValueId scores, ValueId& inner) {
  const Call* call = r.producer(scores);
  if (call == nullptr || !r.single_use(scores)) return std::nullopt;
  const Type type = r.type(scores);
  if (call->op == "add" && call->operands.size() == 2) {
    // The scores are the side that a product made and that has the full shape.
    for (const size_t side : {0U, 1U}) {
      const ValueId candidate = call->operands[side], other = call->operands[1 - side];
      const Call* made = r.producer(candidate);
      if (made == nullptr || !(r.type(candidate) == type)) continue;
      if (made->op != "matmul" && made->op != "mul" && made->op != "div" && made->op != "where" && made->op != "add")
        continue;
      if (r.producer(other, "matmul") != nullptr) continue;
      inner = candidate;
      return MaskStep{call, false, other};
    }
  }
  if (call->op == "where") {
    const bool first = call->has("scalar_a") && !call->has("scalar_b");
    const bool second = call->has("scalar_b") && !call->has("scalar_a");
    if (!first && !second) return std::nullopt;  // two tensors or two numbers
    const double value = call->number(first ? "scalar_a" : "scalar_b");
    if (!(value <= kSwallows) || !(r.type(call->operands[1]) == type)) return std::nullopt;
    inner = call->operands[1];
    return MaskStep{call, true, call->operands[0], value, second};
  }
  return std::nullopt;
}

// x of x * c or x / c with a constant c, which multiplies `scale`.
ValueId peel_scale(const Rewriter& r, ValueId id, double& scale) {
  const Call* call = r.producer(id);
  if (call == nullptr || !r.single_use(id) || call->operands.size() != 1 || !call->has("scalar")) return id;
  const double c = call->number("scalar");
  if (call->op == "mul") {
    scale *= c;
  } else if (call->op == "div" && !call->has("reversed") && c != 0) {
    scale /= c;
  } else {
    return id;
  }
  return call->operands[0];
}

// where(c, fill, otherwise), otherwise kNone for 0.
ValueId emit_fill(Rewriter& r, const MaskStep& step, ValueId otherwise) {
  const std::string filled = step.kept_where_true ? "scalar_b" : "scalar_a";
  const std::string kept = step.kept_where_true ? "scalar_a" : "scalar_b";
  if (otherwise == kNone) {
    const Type type{DType::f32, r.type(step.operand).shape};
    return r.emit_typed("where", {step.operand}, {{filled, step.value}, {kept, 0.0}}, type);
  }
  return r.emit("where", {step.operand, otherwise}, {{filled, step.value}});
}

// All steps as one additive mask, inner steps first. Exact where it is one summand and fills: a fill swallows what
// it meets, and 0 + m is m. Two summands would be (s + a) + b against s + (a + b): no mask then.
std::optional<ValueId> combine(Rewriter& r, const std::vector<MaskStep>& outer_first) {
  ValueId mask = kNone;
  bool summand = false;
  for (auto step = outer_first.rbegin(); step != outer_first.rend(); ++step) {
    r.place(step->call->where);
    if (step->fill) {
      mask = emit_fill(r, *step, mask);
      continue;
    }
    if (summand) return std::nullopt;
    summand = true;
    mask = mask == kNone ? step->operand : r.emit("add", {mask, step->operand});
  }
  return mask;
}

void fuse(Rewriter& r, const Call& call) {
  if (call.op != "matmul") return;
  ValueId weights = call.operands[0];
  const Call* quantizer = r.producer(weights, "fake_quantize");
  if (quantizer != nullptr && r.single_use(weights) && r.producer(call.operands[1], "fake_quantize") != nullptr)
    weights = quantizer->operands[0];
  const Call* softmax = r.producer(weights, "softmax");
  if (softmax == nullptr || !r.single_use(weights)) return;
  const size_t rank = r.type(softmax->results[0]).shape.size();
  if (softmax->integer("dim") != static_cast<int64_t>(rank) - 1 || (rank != 3 && rank != 4)) return;

  std::vector<MaskStep> steps;
  ValueId scores = softmax->operands[0];
  while (const auto step = mask_step(r, scores, scores)) steps.push_back(*step);
  double scale = 1;
  const Call* product = r.producer(peel_scale(r, scores, scale), "matmul");
  if (product == nullptr || !r.single_use(scores) || !r.single_use(product->results[0])) return;

  AttentionOperands o;
  o.q = peel_scale(r, product->operands[0], scale);
  o.v = call.operands[1];
  if (r.type(product->operands[1]).shape.size() != rank || r.type(o.v).shape.size() != rank) return;
  const auto mask = combine(r, steps);
  if (!mask) return;
  o.mask = *mask;
  r.place(product->where);
  o.k = r.permute(product->operands[1], rank == 4 ? std::vector<int64_t>{0, 1, 3, 2} : std::vector<int64_t>{0, 2, 1});
  o.scale = scale;
  if (attention_fits(r, o)) r.replace(call, emit_attention(r, o));
}

}  // namespace

Graph fuse_attention(Graph graph) { return rewrite(std::move(graph), fuse); }

}  // namespace octavo::passes
