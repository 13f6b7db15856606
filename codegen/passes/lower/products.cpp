// Matrix products, attention, embeddings, and Octavo's own operators.
#include <cmath>
#include <limits>
#include <numeric>

#include "codegen/passes/attention.h"
#include "codegen/passes/lower/composed.h"

namespace octavo::passes {

namespace {

ValueId transpose_last(Lower& l, ValueId x) {
  std::vector<int64_t> dims(l.r.type(x).shape.size());
  std::iota(dims.begin(), dims.end(), 0);
  std::swap(dims[dims.size() - 1], dims[dims.size() - 2]);
  return l.r.permute(x, dims);
}

bool is_weight(const Lower& l, ValueId id) {
  for (const Call* call = l.r.producer(id); call != nullptr; call = l.r.producer(id)) {
    if (call->op != "octavo.quantize" && call->op != "aten.t") return false;
    id = call->operands[0];
  }
  return l.r.graph().weight_of(id) != nullptr;
}

void linear(Lower& l) {
  // A weight that forward computes is no parameter: a product like any other.
  if (!is_weight(l, l.in(1)) || (l.given(2) && l.r.graph().weight_of(l.in(2)) == nullptr)) {
    const ValueId y = l.r.emit("matmul", {l.in(0), transpose_last(l, l.in(1))});
    return l.done(l.given(2) ? l.r.emit("add", {y, l.in(2)}) : y);
  }
  Attributes attributes;
  if (l.call.has("site")) attributes["site"] = l.call.string("site");
  l.done(l.r.emit("linear", {l.in(0), l.in(1), l.in_or_none(2)}, std::move(attributes)));
}

// ATen's rule for vectors: a 1-d left operand is a row, a 1-d right one a column; their dim goes afterwards.
void matmul(Lower& l) {
  const Shape a = l.type(0).shape, b = l.type(1).shape;
  const ValueId left = a.size() == 1 ? l.r.reshape(l.in(0), {Dim(1), a[0]}) : l.in(0);
  const ValueId right = b.size() == 1 ? l.r.reshape(l.in(1), {b[0], Dim(1)}) : l.in(1);
  l.done(l.r.reshape(l.r.emit("matmul", {left, right}), l.result().shape));
}

// beta * self + alpha * a.b
void baddbmm(Lower& l) {
  const auto scaled = [&](ValueId x, double by) { return by == 1 ? x : with_scalar(l, "mul", x, by); };
  const ValueId product = scaled(l.r.emit("matmul", {l.in(1), l.in(2)}), l.number_or("alpha", 1));
  const double beta = l.number_or("beta", 1);
  l.done(beta == 0 ? product : l.r.emit("add", {scaled(l.in(0), beta), product}));
}

// beta * self + alpha * sum over the batch of a.b
void addbmm(Lower& l) {
  const ValueId product = reduced(l, "sum", l.r.emit("matmul", {l.in(1), l.in(2)}), {0}, false);
  const ValueId scaled = with_scalar(l, "mul", product, l.number_or("alpha", 1));
  l.done(l.r.emit("add", {with_scalar(l, "mul", l.in(0), l.number_or("beta", 1)), scaled}));
}

// dot, mv: the rule for vectors. outer: a column times a row.
void outer(Lower& l) {
  const ValueId column = l.r.reshape(l.in(0), {l.type(0).shape[0], Dim(1)});
  l.done(l.r.emit("mul", {column, l.in(1)}));
}

// addmm(bias, x, w^T): a linear, when the source transposes the weight there and scales nothing.
void addmm(Lower& l) {
  if (l.number_or("alpha", 1) != 1 || l.number_or("beta", 1) != 1) return baddbmm(l);
  const Shape bias = l.type(0).shape, right = l.type(2).shape;
  const Call* transposed = l.r.producer(l.in(2));
  if (transposed != nullptr && bias.size() == 1 && bias[0] == right[1] &&
      (transposed->op == "aten.t" || transposed->op == "aten.transpose.int" || transposed->op == "permute")) {
    return l.done(l.r.emit("linear", {l.in(1), transposed->operands[0], l.in(0)}));
  }
  l.done(l.r.emit("add", {l.r.emit("matmul", {l.in(1), l.in(2)}), l.in(0)}));
}

// The additive form of a mask given as booleans: true may look. None stays none.
ValueId additive_mask(Lower& l, size_t operand) {
  if (!l.given(operand)) return kNone;
  const Type type = l.type(operand);
  if (type.dtype != DType::boolean) return l.r.cast(l.in(operand), DType::f32);
  return l.r.emit_typed("where", {l.in(operand)},
                        {{"scalar_a", 0.0}, {"scalar_b", -std::numeric_limits<double>::infinity()}},
                        {DType::f32, type.shape});
}

// Row i sees the keys up to i (ATen aligns to the top left).
ValueId causal_mask(Lower& l, const Dim& rows, const Dim& columns) {
  const ValueId row = positions(l, rows, 0, 2), column = positions(l, columns, 0, 1);
  const ValueId sees = l.r.emit("le", {column, row});
  return l.r.emit_typed("where", {sees}, {{"scalar_a", 0.0}, {"scalar_b", -std::numeric_limits<double>::infinity()}},
                        {DType::f32, {rows, columns}});
}

// Keys or values [.., heads, S, d], each head repeated for the queries of its group.
ValueId for_every_head(Lower& l, size_t operand) {
  const Shape queries = l.type(0).shape, shape = l.type(operand).shape;
  const size_t head = shape.size() - 3;
  if (!l.flag("enable_gqa") || queries.at(head) == shape.at(head)) return l.in(operand);
  const auto wanted = queries[head].constant(), heads = shape[head].constant();
  if (!wanted || !heads || *wanted % *heads != 0) l.refuse("groups of queries that do not divide", "check the heads");
  return repeated(l, l.in(operand), head, Dim(*wanted / *heads));
}

// scaled_dot_product_attention(q, k, v, mask): the attention operator where its kernel fits, else its definition.
void scaled_dot_product_attention(Lower& l) {
  if (l.number_or("dropout_p", 0) != 0) l.refuse("dropout in attention", "pass dropout_p = 0, or call eval()");
  const Shape q = l.type(0).shape, k = l.type(1).shape;
  AttentionOperands o{l.in(0), for_every_head(l, 1), for_every_head(l, 2), additive_mask(l, 3)};
  if (l.call.has("scale")) {
    o.scale = l.call.number("scale");
  } else if (const auto width = q.back().constant()) {
    o.scale = 1.0 / std::sqrt(static_cast<double>(*width));
  } else {
    l.refuse("a head size that is not constant", "pass the scale");
  }
  const Dim rows = q[q.size() - 2], columns = k[k.size() - 2];
  o.causal = l.flag("is_causal") && rows == columns;
  if (l.flag("is_causal") && !o.causal) o.mask = causal_mask(l, rows, columns);
  if (attention_fits(l.r, o)) return l.done(emit_attention(l.r, o));
  if (o.causal) o.mask = causal_mask(l, rows, columns);
  ValueId scores = l.r.emit("matmul", {o.q, transpose_last(l, o.k)});
  scores = l.r.emit("mul", {scores}, {{"scalar", o.scale}});
  if (o.mask != kNone) scores = l.r.emit("add", {scores, o.mask});
  const auto last = static_cast<int64_t>(l.r.type(scores).shape.size()) - 1;
  l.done(l.r.emit("matmul", {l.r.emit("softmax", {scores}, {{"dim", Dim(last)}}), o.v}));
}

// A table that forward computes is no parameter: its rows are gathered.
void embedding(Lower& l) {
  if (l.r.graph().weight_of(l.in(0)) == nullptr) {
    const ValueId ids = l.r.reshape(l.r.cast(l.in(1), DType::i64), {product(l.type(1).shape)});
    return l.done(l.r.reshape(taken(l, l.in(0), ids, 0), l.result().shape));
  }
  Attributes attributes;
  if (l.call.has("site")) attributes["site"] = l.call.string("site");
  l.done(l.r.emit("embedding", {l.in(0), l.r.cast(l.in(1), DType::i64)}, std::move(attributes)));
}

void quantize(Lower& l) { l.done(l.r.emit("quantize", {l.in(0)}, {{"site", l.call.string("site")}})); }

}  // namespace

const Lowerings& product_lowerings() {
  static const Lowerings table = {
      {"aten.linear", linear},       {"octavo.linear", linear},
      {"aten.matmul", matmul},       {"aten.mm", matmul},
      {"aten.bmm", matmul},          {"aten.mv", matmul},
      {"aten.dot", matmul},          {"aten.inner", matmul},
      {"aten.outer", outer},         {"aten.ger", outer},
      {"aten.baddbmm", baddbmm},     {"aten.addbmm", addbmm},
      {"aten.addmm", addmm},         {"aten.scaled_dot_product_attention", scaled_dot_product_attention},
      {"aten.embedding", embedding}, {"octavo.embedding", embedding},
      {"octavo.quantize", quantize}};
  return table;
}

}  // namespace octavo::passes
