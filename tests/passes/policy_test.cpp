// apply_policy
#include "base/error.h"
#include "codegen/graph/text.h"
#include "codegen/passes/passes.h"
#include "tests/passes/graphs.h"

namespace octavo::test {
namespace {

const std::string kGraph =
    "graph g(B, S)\n"
    "input %i: i64[B, S]\n"
    "input %r: f32[B, S, 4]\n"
    "weight %t: f32[9, 4] = \"t\"\n"
    "weight %w: f32[4, 4] = \"w\"\n"
    "weight %g: f32[4] = \"g\"\n"
    "%e: f32[B, S, 4] = embedding(%t, %i) {site = \"word\"} @ m.cpp:1\n"
    "%l: f32[B, S, 4] = linear(%e, %w, none) {site = \"layer.0.dense\"} @ m.cpp:2\n"
    "%a: f32[B, S, 4] = quantize(%l) {site = \"layer.0.scores_lhs\"} @ m.cpp:3\n"
    "%h: f32[B, 4, S] = permute(%a) {dims = [0, 2, 1]} @ m.cpp:3\n"
    "%p: f32[B, S, S] = matmul(%r, %h) @ m.cpp:3\n"
    "%m: f32[B, S, 4] = matmul(%p, %r) @ m.cpp:3\n"
    "%s: f32[B, S, 4] = add(%m, %r) @ m.cpp:4\n"
    "%q: f32[B, S, 4] = quantize(%s) {site = \"layer.0.norm_input\"} @ m.cpp:4\n"
    "%y: f32[B, S, 4] = layer_norm(%q, %g, none) {eps = 1e-12} @ m.cpp:4\n"
    "output \"output\" = %y\n";

std::string decided(const std::string& policy, const passes::Ranges& ranges = {}) {
  return through(
      [&](graph::Graph graph) {
        return passes::apply_policy(std::move(graph), base::Policy::parse(policy, "octavo.toml"), ranges);
      },
      kGraph);
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(ApplyPolicy, DefaultsAreInt8WeightsAndFloatProducts) {
  const std::string after = decided("");
  EXPECT_TRUE(contains(after, "embedding(%t, %i) {precision = \"int8\", site = \"word\"} @ m.cpp:1\n")) << after;
  EXPECT_TRUE(contains(after, "linear(%e, %w, none) {precision = \"int8\", site = \"layer.0.dense\"} @ m.cpp:2\n"))
      << after;
  EXPECT_TRUE(contains(after, "permute(%l)")) << after;
  EXPECT_FALSE(contains(after, "quantize")) << after;
}

TEST(ApplyPolicy, Fp32DropsAll) {
  const std::string after = through(
      [](graph::Graph graph) { return passes::apply_policy(std::move(graph), base::Policy::fp32(), {}); }, kGraph);
  EXPECT_FALSE(contains(after, "int8") || contains(after, "quantize")) << after;
}

TEST(ApplyPolicy, KeepsQuantizersByTheirKind) {
  const std::string products = decided("[defaults]\nmatmul = \"int8\"\n");
  EXPECT_TRUE(contains(products, "%a: f32[B, S, 4] = fake_quantize(%l) {site = \"layer.0.scores_lhs\"} @ m.cpp:3\n"))
      << products;
  EXPECT_FALSE(contains(products, "norm_input")) << products;
  const std::string norms = decided("[defaults]\nlayer_norm = \"int8\"\n");
  EXPECT_TRUE(contains(norms, "fake_quantize(%s) {site = \"layer.0.norm_input\"}")) << norms;
  EXPECT_FALSE(contains(norms, "scores_lhs")) << norms;
}

TEST(ApplyPolicy, SitesOverrideDefaults) {
  const std::string after = decided("[[site]]\nmatch = \"layer.*.dense\"\nprecision = \"float\"\n");
  EXPECT_TRUE(contains(after, "linear(%e, %w, none) {site = \"layer.0.dense\"}")) << after;
  EXPECT_TRUE(contains(after, "precision = \"int8\", site = \"word\"")) << after;
}

TEST(ApplyPolicy, TheRuleOfTheWeightsGoesToTheProduct) {
  const std::string after = decided("[[site]]\nmatch = \"layer.0.dense\"\nweights = \"exact\"\n");
  EXPECT_TRUE(contains(after, "{precision = \"int8\", site = \"layer.0.dense\", weights = \"exact\"}")) << after;
  EXPECT_FALSE(contains(decided("[defaults]\nweights = \"auto\"\n"), "weights"));
  EXPECT_FALSE(contains(decided("[defaults]\nweights = \"exact\"\nlinear = \"float\"\n"), "weights"));
}

TEST(ApplyPolicy, StaticScaleIsAbsmaxOver127) {
  const std::string after =
      decided("[[site]]\nmatch = \"layer.0.dense\"\nactivations = \"static\"\n", {{"layer.0.dense", {-254.0, 12.5}}});
  EXPECT_TRUE(contains(after, "static_scale = 2.0}")) << after;
  // A site that saw only zeros has no scale to take.
  EXPECT_FALSE(
      contains(decided("[[site]]\nmatch = \"layer.0.dense\"\nactivations = \"static\"\n", {{"layer.0.dense", {}}}),
               "static_scale"));
}

TEST(ApplyPolicy, MissingRangesAreListed) {
  const std::string error =
      error_of([] { (void)decided("[defaults]\nmatmul = \"int8\"\nactivations = \"static\"\n"); });
  EXPECT_EQ(error.find("m.cpp:2: error: static activations without a calibrated range:"), 0U) << error;
  EXPECT_TRUE(contains(error, "\n  layer.0.dense (m.cpp:2)\n  layer.0.scores_lhs (m.cpp:3)")) << error;
  EXPECT_FALSE(contains(error, "word")) << "an embedding has no activations: " << error;
}

TEST(ApplyPolicy, PatternsMustMatchASite) {
  const std::string error =
      error_of([] { (void)decided("[[site]]\nmatch = \"layer.7.dense\"\nprecision = \"float\"\n"); });
  EXPECT_TRUE(contains(error, "layer.7.dense")) << error;
  EXPECT_TRUE(contains(error, "layer.0.dense")) << "the nearest site: " << error;
}

TEST(ApplyPolicy, RefusesRangesThatAreNotFinite) {
  const std::string error = error_of([] {
    (void)decided("[[site]]\nmatch = \"layer.0.dense\"\nactivations = \"static\"\n",
                  {{"layer.0.dense", {0, 1.0 / 0.0}}});
  });
  EXPECT_EQ(error.find("m.cpp:2: error: layer.0.dense saw a value that is not finite"), 0U) << error;
}

TEST(ApplyPolicy, RefusesAComputedInt8Weight) {
  const std::string error = error_of([] {
    (void)passes::apply_policy(
        graph::parse("graph g(B)\ninput %x: f32[B, 4]\nweight %v: f32[4, 4] = \"v\"\n%w: f32[4, 4] = neg(%v)\n"
                     "%y: f32[B, 4] = linear(%x, %w, none) {site = \"d\"} @ m.cpp:8\noutput \"output\" = %y\n"),
        base::Policy(), {});
  });
  EXPECT_EQ(error.find("m.cpp:8: error: d is int8, but its weight is computed"), 0U) << error;
}

}  // namespace
}  // namespace octavo::test
