// Matrix products, attention, embeddings, and Octavo's own operators.
#include <cmath>
#include <limits>
#include <numeric>

#include "codegen/passes/attention.h"
#include "codegen/passes/lower/lower.h"

namespace octavo::passes {

namespace {

ValueId transpose_last(Lower& l, ValueId x) {
  std::vector<int64_t> dims(l.r.type(x).shape.size());
  std::iota(dims.begin(), dims.end(), 0);
  std::swap(dims[dims.size() - 1], dims[dims.size() - 2]);
  return l.r.permute(x, dims);
}

void linear(Lower& l) {
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

// addmm(bias, x, w^T): a linear, when the source transposes the weight there and scales nothing.
void addmm(Lower& l) {
  if (l.number_or("alpha", 1) != 1 || l.number_or("beta", 1) != 1) {
    l.refuse("alpha or beta other than 1", "scale the tensors in the source");
  }
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
  const Attributes by_one = {{"start", Dim(0)}, {"step", Dim(1)}};
  const ValueId row = l.r.reshape(l.r.emit_typed("arange", {}, by_one, {DType::i64, {rows}}), {rows, Dim(1)});
  const ValueId column = l.r.emit_typed("arange", {}, by_one, {DType::i64, {columns}});
  const ValueId sees = l.r.emit("le", {column, row});
  return l.r.emit_typed("where", {sees}, {{"scalar_a", 0.0}, {"scalar_b", -std::numeric_limits<double>::infinity()}},
                        {DType::f32, {rows, columns}});
}

// scaled_dot_product_attention(q, k, v, mask): the attention operator where its kernel fits, else its definition.
void scaled_dot_product_attention(Lower& l) {
  if (l.number_or("dropout_p", 0) != 0) l.refuse("dropout in attention", "pass dropout_p = 0, or call eval()");
  if (l.flag("enable_gqa")) l.refuse("grouped queries", "repeat the keys and values in the source");
  const Shape q = l.type(0).shape, k = l.type(1).shape;
  AttentionOperands o{l.in(0), l.in(1), l.in(2), additive_mask(l, 3)};
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

void embedding(Lower& l) {
  Attributes attributes;
  if (l.call.has("site")) attributes["site"] = l.call.string("site");
  l.done(l.r.emit("embedding", {l.in(0), l.r.cast(l.in(1), DType::i64)}, std::move(attributes)));
}

// Rows by number: an embedding of a matrix.
void index_select(Lower& l) {
  if (l.dim("dim", 0, l.rank(0)) != 0 || l.rank(0) != 2 || l.rank(1) != 1 || l.type(0).dtype != DType::f32) {
    l.refuse("other than rows of a float matrix", "bring the dim to the front and make it a matrix");
  }
  embedding(l);
}

void quantize(Lower& l) { l.done(l.r.emit("quantize", {l.in(0)}, {{"site", l.call.string("site")}})); }

}  // namespace

const Lowerings& product_lowerings() {
  static const Lowerings table = {{"aten.linear", linear},
                                  {"octavo.linear", linear},
                                  {"aten.matmul", matmul},
                                  {"aten.mm", matmul},
                                  {"aten.bmm", matmul},
                                  {"aten.addmm", addmm},
                                  {"aten.scaled_dot_product_attention", scaled_dot_product_attention},
                                  {"aten.embedding", embedding},
                                  {"octavo.embedding", embedding},
                                  {"aten.index_select", index_select},
                                  {"octavo.quantize", quantize}};
  return table;
}

}  // namespace octavo::passes
