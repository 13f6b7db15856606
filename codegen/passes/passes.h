// The passes, in the order of compile.cpp. Each takes a graph and gives the graph after it; each computes the same
// bits as before unless its sentence says otherwise.
#pragma once

#include <map>
#include <string>

#include "base/policy.h"
#include "codegen/graph/graph.h"

namespace octavo::passes {

using graph::Graph;

// ATen calls become the operator vocabulary; every call without a lowering is listed in one error.
[[nodiscard]] Graph lower_aten(Graph graph);

// Removes what does nothing (reshape to the same shape, times 1, …) and joins chains of reshape, permute and slice.
[[nodiscard]] Graph fold(Graph graph);

// Of calls alike in operator, operands and attributes, the first is kept.
[[nodiscard]] Graph share_common(Graph graph);

// What calibration saw at a site.
struct Range {
  double min = 0, max = 0;
};
using Ranges = std::map<std::string, Range>;  // by site id

// Decides int8 or float for every site: linear and embedding get {precision, static_scale}, quantize becomes
// fake_quantize or goes. A static site without a range, and a policy pattern without a site, are errors.
[[nodiscard]] Graph apply_policy(Graph graph, const base::Policy& policy, const Ranges& ranges);

// A product with a parameter becomes linear, however it is written: matmul(h, wte->weight.t()), F::linear(h, w). It is INT8
// where the policy left a fake_quantize on both operands.
[[nodiscard]] Graph linear_of_weight_products(Graph graph);

// embedding + embedding + …, in the order of the additions, becomes embedding_sum; so does a lone embedding. `precision`
// is one word, or one a term where they differ.
[[nodiscard]] Graph fuse_embedding_sum(Graph graph);

// linear whose only reader is gelu, relu, tanh, silu or sigmoid takes it as its activation.
[[nodiscard]] Graph fuse_linear_activation(Graph graph);

// softmax(q.k [* or / c] [+ mask]).v becomes attention, whose scale multiplies the scores: a scale on q or a division
// moves there, within rounding; a masked fill so low that no score survives an addition becomes that addition. A
// fake_quantize of the softmax goes where v has one too: quantise_attention makes that product INT8.
[[nodiscard]] Graph fuse_attention(Graph graph);

// A product of attention becomes INT8 where the policy left a fake_quantize on q and k, or on v: other bits than those of
// the fake_quantize, by docs/numerics.md. One on q or k alone stays, before an attention in FP32.
[[nodiscard]] Graph quantise_attention(Graph graph);

// Linears of one input, one precision and no activation become one linear and slices of its result.
[[nodiscard]] Graph merge_linears(Graph graph);

// A linear of precision int8 becomes quantize_rows and linear_s8; behind an activation that is bounded below (GELU, ReLU,
// SiLU, sigmoid) both get a zero_point that leaves most of the u8 grid to the values above 0.
[[nodiscard]] Graph quantise_linears(Graph graph);

// quantize_rows that is the only reader of a linear_s8 moves into it: its results are then u8 rows and their scales.
[[nodiscard]] Graph fuse_linear_quantise(Graph graph);

// layer_norm of a sum that nothing else reads takes the second summand as its residual.
[[nodiscard]] Graph fuse_layer_norm_residual(Graph graph);

// quantize_rows of a layer_norm moves into it.
[[nodiscard]] Graph fuse_layer_norm_quantise(Graph graph);

// A sum whose one summand is a linear or linear_s8 that nothing else reads: the other becomes its residual.
[[nodiscard]] Graph fuse_linear_residual(Graph graph);

}  // namespace octavo::passes
