// Other ways to spell the same block reach the same calls.
#include "codegen/compile.h"
#include "codegen/graph/text.h"
#include "tests/passes/graphs.h"
#include "tests/passes/reference/reference.h"

namespace octavo::test {
namespace {

const std::string kWeights =
    "weight %wq: f32[8, 8] = \"q\"\nweight %wk: f32[8, 8] = \"k\"\nweight %wv: f32[8, 8] = \"v\"\n"
    "weight %wa: f32[24, 8] = \"c_attn\"\nweight %ba: f32[24] = \"c_attn.bias\"\nweight %g: f32[8] = \"g\"\n"
    "weight %tri: bool[1, 1, 64, 64] = \"constant.0\"\n";

void expect_same(const std::string& text, const std::string& expected_operators, double tolerance) {
  const graph::Graph lowered = passes::lower_aten(graph::parse(text));
  const graph::Graph fused = optimise(graph::parse(text), {base::Policy::fp32(), {}, {}});
  EXPECT_EQ(operators(fused), expected_operators) << print(fused);
  const graph::Dim::Sizes sizes{{"B", 2}, {"S", 4}};
  const Arrays given = random_arrays(lowered, sizes, 21);
  EXPECT_LE(largest_difference(evaluate(lowered, given, sizes), evaluate(fused, given, sizes)), tolerance);
}

// The scale (a half) goes to q before the product, padding is filled with the lowest float, the mask is expanded.
TEST(Dialect, ScaleOnQAndMaskedFill) {
  expect_same("graph distil(B, S)\ninput %x: f32[B, S, 8]\ninput %mask: i64[B, S]\n" + kWeights +
                  "%q0: f32[B, S, 8] = octavo.linear(%x, %wq, none) {site = \"q_lin\"} @ d.cpp:1\n"
                  "%q1: f32[B, S, 2, 4] = aten.view(%q0) {size = [B, -1, 2, 4]} @ d.cpp:1\n"
                  "%q2: f32[B, 2, S, 4] = aten.transpose.int(%q1) {dim0 = 1, dim1 = 2} @ d.cpp:1\n"
                  "%k0: f32[B, S, 8] = octavo.linear(%x, %wk, none) {site = \"k_lin\"} @ d.cpp:2\n"
                  "%k1: f32[B, S, 2, 4] = aten.view(%k0) {size = [B, -1, 2, 4]} @ d.cpp:2\n"
                  "%k2: f32[B, 2, S, 4] = aten.transpose.int(%k1) {dim0 = 1, dim1 = 2} @ d.cpp:2\n"
                  "%v0: f32[B, S, 8] = octavo.linear(%x, %wv, none) {site = \"v_lin\"} @ d.cpp:3\n"
                  "%v1: f32[B, S, 2, 4] = aten.view(%v0) {size = [B, -1, 2, 4]} @ d.cpp:3\n"
                  "%v2: f32[B, 2, S, 4] = aten.transpose.int(%v1) {dim0 = 1, dim1 = 2} @ d.cpp:3\n"
                  "%q3: f32[B, 2, S, 4] = aten.div.Scalar(%q2) {other = 2.0} @ d.cpp:4\n"
                  "%k3: f32[B, 2, 4, S] = aten.transpose.int(%k2) {dim0 = 2, dim1 = 3} @ d.cpp:5\n"
                  "%s: f32[B, 2, S, S] = aten.matmul(%q3, %k3) @ d.cpp:5\n"
                  "%m0: bool[B, S] = aten.eq.Scalar(%mask) {other = 0} @ d.cpp:6\n"
                  "%m1: bool[B, 1, 1, S] = aten.view(%m0) {size = [B, 1, 1, S]} @ d.cpp:6\n"
                  "%m2: bool[B, 2, S, S] = aten.expand_as(%m1, %s) @ d.cpp:6\n"
                  "%f: f32[B, 2, S, S] = aten.masked_fill.Scalar(%s, %m2) {value = -3.4028234663852886e38} @ d.cpp:7\n"
                  "%p: f32[B, 2, S, S] = aten.softmax.int(%f) {dim = -1} @ d.cpp:8\n"
                  "%c: f32[B, 2, S, 4] = aten.matmul(%p, %v2) @ d.cpp:9\n"
                  "%t: f32[B, S, 2, 4] = aten.transpose.int(%c) {dim0 = 1, dim1 = 2} @ d.cpp:9\n"
                  "%u: f32[B, S, 2, 4] = aten.contiguous(%t) @ d.cpp:9\n"
                  "%y: f32[B, S, 8] = aten.view(%u) {size = [B, S, 8]} @ d.cpp:9\noutput \"output\" = %y\n",
              "linear slice slice slice eq reshape where attention", 0);
}

// One product for q, k and v, a causal mask sliced from a constant, a residual that is read twice.
TEST(Dialect, PreNormAndSplitProjection) {
  expect_same("graph gpt(B, S)\ninput %x: f32[B, S, 8]\n" + kWeights +
                  "%n: f32[B, S, 8] = aten.layer_norm(%x, %g, none) {normalized_shape = [8], eps = 1e-05} @ g.cpp:1\n"
                  "%a: f32[B, S, 24] = octavo.linear(%n, %wa, %ba) {site = \"c_attn\"} @ g.cpp:2\n"
                  "%q0, %k0, %v0: f32[B, S, 8], f32[B, S, 8], f32[B, S, 8] = aten.split.Tensor(%a) {split_size = 8, "
                  "dim = 2} @ g.cpp:2\n"
                  "%q1: f32[B, S, 2, 4] = aten.view(%q0) {size = [B, S, 2, 4]} @ g.cpp:3\n"
                  "%q2: f32[B, 2, S, 4] = aten.permute(%q1) {dims = [0, 2, 1, 3]} @ g.cpp:3\n"
                  "%k1: f32[B, S, 2, 4] = aten.view(%k0) {size = [B, S, 2, 4]} @ g.cpp:3\n"
                  "%k2: f32[B, 2, 4, S] = aten.permute(%k1) {dims = [0, 2, 3, 1]} @ g.cpp:3\n"
                  "%v1: f32[B, S, 2, 4] = aten.view(%v0) {size = [B, S, 2, 4]} @ g.cpp:3\n"
                  "%v2: f32[B, 2, S, 4] = aten.permute(%v1) {dims = [0, 2, 1, 3]} @ g.cpp:3\n"
                  "%s0: f32[B, 2, S, S] = aten.matmul(%q2, %k2) @ g.cpp:4\n"
                  "%s1: f32[B, 2, S, S] = aten.div.Scalar(%s0) {other = 2.0} @ g.cpp:4\n"
                  "%m0: bool[1, 1, S, 64] = aten.slice.Tensor(%tri) {dim = 2, start = 0, end = S, step = 1} @ g.cpp:5\n"
                  "%m1: bool[1, 1, S, S] = aten.slice.Tensor(%m0) {dim = 3, start = 0, end = S, step = 1} @ g.cpp:5\n"
                  "%low: f32[] = aten.full(none) {size = [], fill_value = -3.4028234663852886e38} @ g.cpp:5\n"
                  "%s2: f32[B, 2, S, S] = aten.where.self(%m1, %s1, %low) @ g.cpp:5\n"
                  "%p: f32[B, 2, S, S] = aten._softmax(%s2) {dim = -1, half_to_float = false} @ g.cpp:6\n"
                  "%c: f32[B, 2, S, 4] = aten.matmul(%p, %v2) @ g.cpp:7\n"
                  "%t: f32[B, S, 2, 4] = aten.permute(%c) {dims = [0, 2, 1, 3]} @ g.cpp:7\n"
                  "%h: f32[B, S, 8] = aten.reshape(%t) {shape = [B, S, -1]} @ g.cpp:7\n"
                  "%r: f32[B, S, 8] = aten.add.Tensor(%h, %x) {alpha = 1} @ g.cpp:8\n"
                  "%n2: f32[B, S, 8] = aten.layer_norm(%r, %g, none) {normalized_shape = [8], eps = 1e-05} @ g.cpp:9\n"
                  "%y: f32[B, S, 8] = aten.add.Tensor(%n2, %r) {alpha = 1} @ g.cpp:10\noutput \"output\" = %y\n",
              "layer_norm linear slice slice slice slice slice where attention add layer_norm add", 0);
}

}  // namespace
}  // namespace octavo::test
