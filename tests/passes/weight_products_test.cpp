// Products with a parameter: tied heads in the spellings that people use, and own classes that keep a matrix.
#include <regex>

#include "codegen/compile.h"
#include "codegen/graph/text.h"
#include "tests/passes/graphs.h"
#include "tests/passes/reference/reference.h"

namespace octavo::test {
namespace {

const std::string kEmbed =
    "graph gpt(B, S)\ninput %ids: i64[B, S]\n"
    "weight %w: f32[11, 8] = \"wte.weight\"\nweight %b: f32[11] = \"bias\"\nweight %m: f32[8, 11] = \"c_proj.w\"\n"
    "%h: f32[B, S, 8] = octavo.embedding(%w, %ids) {padding_idx = -1, site = \"wte\"} @ g.cpp:1\n";
const std::string kEnd = "output \"output\" = %y\n";

const std::string kMatmul =
    "%l: f32[B, S, 8] = octavo.quantize(%h) {site = \"logits_lhs\"} @ g.cpp:2\n"
    "%t: f32[8, 11] = aten.t(%w) @ g.cpp:2\n"
    "%r: f32[8, 11] = octavo.quantize(%t) {site = \"logits_rhs\"} @ g.cpp:2\n"
    "%y: f32[B, S, 11] = aten.matmul(%l, %r) @ g.cpp:2\n";
const std::string kFunctional =
    "%l: f32[B, S, 8] = octavo.quantize(%h) {site = \"logits_input\"} @ g.cpp:2\n"
    "%r: f32[11, 8] = octavo.quantize(%w) {site = \"logits_weight\"} @ g.cpp:2\n"
    "%y: f32[B, S, 11] = aten.linear(%l, %r, %b) @ g.cpp:2\n";
const std::string kModule = "%y: f32[B, S, 11] = octavo.linear(%h, %w, none) {site = \"lm_head\"} @ g.cpp:2\n";
const std::string kEinsum =
    "%l: f32[B, S, 8] = octavo.quantize(%h) {site = \"logits_lhs\"} @ g.cpp:2\n"
    "%r: f32[11, 8] = octavo.quantize(%w) {site = \"logits_rhs\"} @ g.cpp:2\n"
    "%y: f32[B, S, 11] = aten.einsum(%l, %r) {equation = \"bsd,vd->bsv\"} @ g.cpp:2\n";
const std::string kOwnMatrix =
    "%l: f32[B, S, 8] = octavo.quantize(%h) {site = \"y_lhs\"} @ g.cpp:2\n"
    "%r: f32[8, 11] = octavo.quantize(%m) {site = \"y_rhs\"} @ g.cpp:2\n"
    "%y: f32[B, S, 11] = aten.matmul(%l, %r) @ g.cpp:2\n";

graph::Graph compiled(const std::string& head, const std::string& policy) {
  return optimise(graph::parse(kEmbed + head + kEnd), {base::Policy::parse(policy, "octavo.toml"), {}, {}});
}

TEST(WeightProducts, EverySpellingOfATiedHeadIsOneINT8Linear) {
  for (const std::string& head : {kMatmul, kFunctional, kModule, kEinsum}) {
    const graph::Graph graph = compiled(head, "");
    // einsum's matrices are seen with two dims, which moves nothing.
    const std::string ops = std::regex_replace(operators(graph), std::regex(" reshape"), "");
    EXPECT_EQ(ops, "embedding_sum quantize_rows linear_s8") << print(graph);
    // The table and the matrix are one weight, as it is stored.
    graph::ValueId table = graph::kNone, matrix = graph::kNone;
    for (const graph::Call& call : graph.calls) {
      if (call.op == "embedding_sum") table = call.operands[1];
      if (call.op == "linear_s8") matrix = call.operands[2];
    }
    EXPECT_EQ(table, matrix) << print(graph);
    EXPECT_TRUE(graph.weight_of(table)->order.empty()) << print(graph);
  }
}

TEST(WeightProducts, AMatrixThatIsMultipliedFromTheRightIsStoredTurned) {
  const std::string text = print(compiled(kOwnMatrix, ""));
  EXPECT_NE(text.find(": f32[11, 8] = \"c_proj.w\" permuted [1, 0]\n"), std::string::npos) << text;
  EXPECT_NE(text.find("= linear_s8("), std::string::npos) << text;
  EXPECT_NE(text.find("site = \"y\""), std::string::npos) << text;
}

TEST(WeightProducts, ThePolicyOfLinearsDecides) {
  EXPECT_EQ(operators(compiled(kMatmul, "[defaults]\nlinear = \"float\"\nmatmul = \"int8\"\n")),
            "embedding_sum linear");
  EXPECT_EQ(operators(compiled(kMatmul, "[[site]]\nmatch = \"logits_*\"\nprecision = \"float\"\n")),
            "embedding_sum linear");
  // One side alone is rounded in front of a product in FP32.
  EXPECT_EQ(operators(compiled(kMatmul, "[[site]]\nmatch = \"logits_rhs\"\nprecision = \"float\"\n")),
            "embedding_sum fake_quantize matmul");
  const std::string exact = print(compiled(kMatmul, "[[site]]\nmatch = \"logits_*\"\nweights = \"exact\"\n"));
  EXPECT_NE(exact.find("weights = \"exact\""), std::string::npos) << exact;
}

TEST(WeightProducts, AreTheSameNumbersInFloat) {
  const graph::Dim::Sizes sizes{{"B", 2}, {"S", 3}};
  for (const std::string& head : {kMatmul, kFunctional, kModule, kEinsum, kOwnMatrix}) {
    const graph::Graph plain = passes::lower_aten(graph::parse(kEmbed + head + kEnd));
    const graph::Graph fused = optimise(graph::parse(kEmbed + head + kEnd), {base::Policy::fp32(), {}, {}});
    const Arrays given = random_arrays(plain, sizes, 3, 11);
    // The reference passes quantize on as it is.
    EXPECT_EQ(largest_difference(evaluate(plain, given, sizes), evaluate(fused, given, sizes)), 0) << print(fused);
  }
}

TEST(WeightProducts, TurnedWeightsAreFoldedOnce) {
  const std::string text =
      "graph g(B)\ninput %x: f32[B, 4, 6]\nweight %w: f32[4, 6] = \"w\"\n"
      "%t: f32[6, 4] = permute(%w) {dims = [1, 0]}\n%u: f32[4, 6] = permute(%t) {dims = [1, 0]}\n"
      "%y: f32[B, 4, 6] = add(%x, %u)\noutput \"output\" = %y\n";
  EXPECT_EQ(calls(through(passes::fold, text)), "%y: f32[B, 4, 6] = add(%x, %w)\n");
}

// A patch embedding reads its kernel as a matrix, packed once.
TEST(WeightProducts, PatchesMultiplyByTheStoredKernel) {
  const std::string text =
      "graph vit(B, H)\ninput %x: f32[B, 3, H, 8]\nweight %k: f32[5, 3, 2, 4] = \"patch.weight\"\n"
      "weight %c: f32[5] = \"patch.bias\"\n"
      "%y: f32[B, 5, H/2, 2] = aten.conv2d(%x, %k, %c) {stride = [2, 4], padding = [0, 0], dilation = [1, 1], groups = "
      "1}\n"
      "output \"output\" = %y\n";
  const graph::Graph graph = optimise(graph::parse(text), {base::Policy::fp32(), {}, {}});
  EXPECT_NE(print(graph).find(": f32[5, 24] = \"patch.weight\" permuted [0, 1, 2, 3]\n"), std::string::npos)
      << print(graph);
  EXPECT_EQ(operators(graph).find("matmul"), std::string::npos) << print(graph);
  const graph::Dim::Sizes sizes{{"B", 2}, {"H", 5}};
  const Arrays given = random_arrays(graph::parse(text), sizes, 4);
  const Arrays got = evaluate(graph, given, sizes);
  const auto& x = given.at("x").data;
  const auto& k = given.at("patch.weight").data;
  for (size_t b = 0; b < 2; ++b)
    for (size_t o = 0; o < 5; ++o)
      for (size_t i = 0; i < 2; ++i)
        for (size_t j = 0; j < 2; ++j) {
          double sum = given.at("patch.bias").data[o];
          for (size_t c = 0; c < 3; ++c)
            for (size_t h = 0; h < 2; ++h)
              for (size_t w = 0; w < 4; ++w)
                sum += x[((b * 3 + c) * 5 + 2 * i + h) * 8 + 4 * j + w] * k[((o * 3 + c) * 2 + h) * 4 + w];
          // 25 summands of at most 1, rounded to f32 once or twice.
          EXPECT_NEAR(got.at("output").data[((b * 5 + o) * 2 + i) * 2 + j], sum, 25 * 2 * 0x1p-24);
        }
}

}  // namespace
}  // namespace octavo::test
