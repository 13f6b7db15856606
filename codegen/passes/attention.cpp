#include "codegen/passes/attention.h"

namespace octavo::passes {

namespace {

// [B, H, S, D], of rank 3 [B, S, D].
Shape by_heads(const Shape& shape) { return shape.size() == 4 ? shape : Shape{shape[0], Dim(1), shape[1], shape[2]}; }

ValueId merge_heads(Rewriter& r, ValueId x) {
  const Shape shape = r.type(x).shape;
  if (shape.size() == 3) return x;
  return r.reshape(r.permute(x, {0, 2, 1, 3}), {shape[0], shape[2], shape[1] * shape[3]});
}

bool broadcasts_to(const Shape& shape, const Shape& target) {
  if (shape.size() > target.size()) return false;
  for (size_t i = 1; i <= shape.size(); ++i) {
    const Dim& dim = shape[shape.size() - i];
    if (!dim.is(1) && !(dim == target[target.size() - i])) return false;
  }
  return true;
}

}  // namespace

bool attention_fits(const Rewriter& r, const AttentionOperands& o) {
  const Type q = r.type(o.q), k = r.type(o.k), v = r.type(o.v);
  const size_t rank = q.shape.size();
  if (rank != 3 && rank != 4) return false;
  if (k.shape.size() != rank || !(k.shape == v.shape)) return false;
  if (q.dtype != DType::f32 || k.dtype != DType::f32 || v.dtype != DType::f32) return false;
  const Shape query = by_heads(q.shape), key = by_heads(k.shape);
  if (!query[1].is_constant() || !query[3].is_constant()) return false;
  if (!(query[0] == key[0]) || !(query[1] == key[1]) || !(query[3] == key[3])) return false;
  if (o.mask == kNone) return true;
  Shape scores = query;
  scores[3] = key[2];
  if (rank == 3) scores.erase(scores.begin() + 1);
  return r.type(o.mask).dtype == DType::f32 && broadcasts_to(r.type(o.mask).shape, scores);
}

ValueId emit_attention(Rewriter& r, AttentionOperands o) {
  const Shape shape = r.type(o.q).shape;
  if (o.mask != kNone) {
    // To rank 4: heads go in where the scores have none.
    Shape mask = r.type(o.mask).shape;
    if (shape.size() == 3 && mask.size() == 3) mask.insert(mask.begin() + 1, Dim(1));
    mask.insert(mask.begin(), 4 - mask.size(), Dim(1));
    o.mask = r.reshape(o.mask, mask);
  }
  const ValueId q = merge_heads(r, o.q), k = merge_heads(r, o.k), v = merge_heads(r, o.v);
  const Dim heads = by_heads(shape)[1];
  const ValueId out =
      r.emit("attention", {q, k, v, o.mask}, {{"heads", heads}, {"scale", o.scale}, {"causal", o.causal}});
  if (shape.size() == 3) return out;
  return r.permute(r.reshape(out, {shape[0], shape[2], shape[1], shape[3]}), {0, 2, 1, 3});
}

}  // namespace octavo::passes
