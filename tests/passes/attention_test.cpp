// fuse_attention: what becomes the attention operator, what must not, and with which numbers.
#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/error.h"
#include "codegen/graph/text.h"
#include "codegen/passes/passes.h"
#include "tests/passes/graphs.h"
#include "tests/passes/reference/reference.h"

namespace octavo::test {
namespace {

const std::string kInputs =
    "graph g(B, S, T)\n"
    "input %q: f32[B, 2, S, 4]\n"
    "input %k: f32[B, 2, T, 4]\n"
    "input %v: f32[B, 2, T, 4]\n"
    "input %m: f32[B, 1, 1, T]\n"
    "input %n: f32[S, T]\n"
    "input %c: bool[B, 1, 1, T]\n"
    "%t: f32[B, 2, 4, T] = permute(%k) {dims = [0, 1, 3, 2]}\n";
const std::string kEnd = "%y: f32[B, 2, S, 4] = matmul(%p, %v)\noutput \"output\" = %y\n";
const graph::Dim::Sizes kSizes{{"B", 2}, {"S", 3}, {"T", 5}};

std::string scores(const std::string& steps) { return kInputs + steps + kEnd; }
const std::string kProduct = "%s: f32[B, 2, S, T] = matmul(%q, %t)\n";
const std::string kScaled = kProduct + "%d: f32[B, 2, S, T] = div(%s) {scalar = 2.0}\n";
std::string softmax(const std::string& of) { return "%p: f32[B, 2, S, T] = softmax(%" + of + ") {dim = 3}\n"; }

// Fuses, and gives the attention call; its bits are those of the unfused list, up to `tolerance`.
graph::Call fused(const std::string& text, double tolerance = 0) {
  const graph::Graph before = graph::parse(text), after = passes::fold(passes::fuse_attention(graph::parse(text)));
  const Arrays given = random_arrays(before, kSizes, 5);
  EXPECT_LE(largest_difference(evaluate(before, given, kSizes), evaluate(after, given, kSizes)), tolerance) << text;
  for (const graph::Call& call : after.calls) {
    EXPECT_NE(call.op, "softmax");
    if (call.op == "attention") return call;
  }
  ADD_FAILURE() << "not fused:\n" << print(after);
  return {};
}

TEST(FuseAttention, PlainProduct) {
  const graph::Call call = fused(scores(kProduct + softmax("s")));
  EXPECT_EQ(call.number("scale"), 1);
  EXPECT_EQ(call.integer("heads"), 2);
  EXPECT_EQ(call.operands[3], graph::kNone);
}

TEST(FuseAttention, ScaleOnScoresAndAdditiveMask) {
  for (const std::string mask : {"%m", "%n"}) {
    for (const std::string& sum : {"%d, " + mask, mask + ", %d"}) {
      const graph::Call call = fused(scores(kScaled + "%a: f32[B, 2, S, T] = add(" + sum + ")\n" + softmax("a")));
      EXPECT_EQ(call.number("scale"), 0.5);
      EXPECT_NE(call.operands[3], graph::kNone);
    }
  }
}

// 3 is not a power of two, so the scale moves within rounding. Scores are sums of D = 4 products of at most 1, so
// |s| <= 4/3 and each of the D + 2 roundings of either order moves a score by at most |s| * 2^-24. The softmax moves by
// at most twice that relatively (numerator and denominator), the output, a mean of |v| <= 1, by as much again.
TEST(FuseAttention, ScaleMovesWithinRounding) {
  const double bound = 2 * (4 + 2) * 2 * (4.0 / 3.0) * 2 * 0x1p-24;
  EXPECT_NEAR(
      fused(scores(kProduct + "%d: f32[B, 2, S, T] = div(%s) {scalar = 3.0}\n" + softmax("d")), bound).number("scale"),
      1.0 / 3.0, 0x1p-53);
  const graph::Call on_q = fused(scores("%r: f32[B, 2, S, 4] = div(%q) {scalar = 3.0}\n"
                                        "%s: f32[B, 2, S, T] = matmul(%r, %t)\n" +
                                        softmax("s")),
                                 bound);
  EXPECT_NEAR(on_q.number("scale"), 1.0 / 3.0, 0x1p-53);
}

TEST(FuseAttention, FillThatSwallowsTheScoresIsAnAddition) {
  for (const std::string fill : {"-3.4028234663852886e38", "-inf"}) {
    // With -inf a row may be all NaN, in both forms alike.
    fused(scores(kScaled + "%a: f32[B, 2, S, T] = where(%c, %d) {scalar_a = " + fill + "}\n" + softmax("a")));
    fused(scores(kScaled + "%a: f32[B, 2, S, T] = where(%c, %d) {scalar_b = " + fill + "}\n" + softmax("a")));
  }
}

TEST(FuseAttention, FillAndMaskInEitherOrder) {
  const std::string fill = ") {scalar_a = -3.4028234663852886e38}\n";
  fused(scores(kScaled + "%a: f32[B, 2, S, T] = where(%c, %d" + fill + "%b: f32[B, 2, S, T] = add(%a, %n)\n" +
               softmax("b")));
  fused(
      scores(kScaled + "%a: f32[B, 2, S, T] = add(%d, %n)\n%b: f32[B, 2, S, T] = where(%c, %a" + fill + softmax("b")));
}

TEST(FuseAttention, OneHeadWithoutAHeadDim) {
  const std::string text =
      "graph g(B, S)\ninput %q: f32[B, S, 4]\ninput %k: f32[B, S, 4]\ninput %v: f32[B, S, 4]\ninput %m: f32[B, 1, S]\n"
      "%t: f32[B, 4, S] = permute(%k) {dims = [0, 2, 1]}\n%s: f32[B, S, S] = matmul(%q, %t)\n"
      "%a: f32[B, S, S] = add(%s, %m)\n%p: f32[B, S, S] = softmax(%a) {dim = 2}\n%y: f32[B, S, 4] = matmul(%p, %v)\n"
      "output \"output\" = %y\n";
  EXPECT_EQ(fused(text).integer("heads"), 1);
}

TEST(FuseAttention, MustNotFuse) {
  const std::string where = "%a: f32[B, 2, S, T] = where(%c, %d) {scalar_a = -1e9}\n";
  for (const std::string& text :
       {// -1e9 leaves something of the score behind: s - 1e9 is not -1e9 for every s
        scores(kScaled + where + softmax("a")),
        // the probabilities, and the scores, are wanted elsewhere
        scores(kScaled + softmax("d")) + "output \"probabilities\" = %p\n",
        scores(kScaled + softmax("d")) + "output \"scores\" = %d\n",
        scores(kProduct + softmax("s")) + "output \"scores\" = %s\n",
        // softmax over another dim
        scores(kProduct + "%p: f32[B, 2, S, T] = softmax(%s) {dim = 2}\n"),
        // (s + m) + n is not s + (m + n)
        scores(kScaled + "%a: f32[B, 2, S, T] = add(%d, %m)\n%b: f32[B, 2, S, T] = add(%a, %n)\n" + softmax("b")),
        // the scale comes after the mask
        scores(kProduct + "%a: f32[B, 2, S, T] = add(%s, %m)\n%d: f32[B, 2, S, T] = div(%a) {scalar = 2.0}\n" +
               softmax("d")),
        // c / s is no scale
        scores(kProduct + "%d: f32[B, 2, S, T] = div(%s) {scalar = 2.0, reversed = true}\n" + softmax("d")),
        // something between the probabilities and the product
        scores(kProduct + "%z: f32[B, 2, S, T] = softmax(%s) {dim = 3}\n"
                          "%p: f32[B, 2, S, T] = fake_quantize(%z) {site = \"context_lhs\"}\n"),
        // a function of the scores
        scores(kProduct + "%h: f32[B, 2, S, T] = tanh(%s)\n" + softmax("h"))}) {
    expect_unchanged(passes::fuse_attention, text);
  }
}

// The graph of a rewritten source under matmul = "int8", each operand with its own Quantizer.
std::string quantised(const std::string& q, const std::string& k, const std::string& p, const std::string& v) {
  const auto through = [](const std::string& to, const std::string& type, const std::string& from,
                          const std::string& attributes) {
    return attributes.empty() ? "%" + to + ": f32" + type + " = copy(%" + from + ")\n"
                              : "%" + to + ": f32" + type + " = fake_quantize(%" + from + ") {" + attributes + "}\n";
  };
  return kInputs + through("qq", "[B, 2, S, 4]", "q", q) + through("tt", "[B, 2, 4, T]", "t", k) +
         "%s: f32[B, 2, S, T] = matmul(%qq, %tt)\n%d: f32[B, 2, S, T] = div(%s) {scalar = 2.0}\n" + softmax("d") +
         through("pp", "[B, 2, S, T]", "p", p) + through("vv", "[B, 2, T, 4]", "v", v) +
         "%y: f32[B, 2, S, 4] = matmul(%pp, %vv)\noutput \"output\" = %y\n";
}

graph::Graph quantised_graph(const std::string& text) {
  return passes::fold(passes::quantise_attention(passes::fuse_attention(passes::fold(graph::parse(text)))));
}

size_t count(const graph::Graph& graph, const std::string& op) {
  return static_cast<size_t>(
      std::count_if(graph.calls.begin(), graph.calls.end(), [&](const graph::Call& call) { return call.op == op; }));
}

TEST(QuantiseAttention, BothProducts) {
  const std::string site = "site = \"a\"", fixed = site + ", static_scale = 0.02";
  for (const std::string& scale : {site, fixed}) {
    const std::string text = quantised(scale, scale, scale, scale);
    const graph::Graph after = quantised_graph(text);
    ASSERT_EQ(count(after, "attention"), 1U) << print(after);
    EXPECT_EQ(count(after, "fake_quantize"), 0U) << print(after);
    for (const graph::Call& call : after.calls) {
      if (call.op != "attention") continue;
      EXPECT_TRUE(call.boolean("int8_scores") && call.boolean("int8_context"));
      for (const char* name : {"q_scale", "k_scale", "v_scale"}) {
        EXPECT_EQ(call.has(name), scale == fixed);
        if (scale == fixed) {
          EXPECT_EQ(call.number(name), 0.02);
        }
      }
    }
    if (scale == site) continue;
    // With calibrated scales q, k and v have the same integers in both; the probabilities are off by half of a 127th of
    // their largest before, which |v| <= 1 and the T = 5 keys turn into as much each. FP32 roundings are far below.
    const graph::Graph before = graph::parse(quantised(scale, scale, site, scale));
    const Arrays given = random_arrays(before, kSizes, 5);
    EXPECT_LE(largest_difference(evaluate(before, given, kSizes), evaluate(after, given, kSizes)), 5 * 0.51 / 127);
  }
}

TEST(QuantiseAttention, OneProduct) {
  const std::string on = "site = \"a\"";
  const graph::Graph scores = quantised_graph(quantised(on, on, "", "")),
                     context = quantised_graph(quantised("", "", on, on)),
                     values = quantised_graph(quantised("", "", "", on));
  for (const auto& [graph, has, lacks] :
       {std::tuple(&scores, "int8_scores", "int8_context"), std::tuple(&context, "int8_context", "int8_scores"),
        std::tuple(&values, "int8_context", "int8_scores")}) {
    ASSERT_EQ(count(*graph, "attention"), 1U) << print(*graph);
    EXPECT_EQ(count(*graph, "fake_quantize"), 0U) << print(*graph);
    for (const graph::Call& call : graph->calls) {
      if (call.op == "attention") {
        EXPECT_TRUE(call.has(has) && !call.has(lacks)) << print(*graph);
      }
    }
  }
}

// One operand of a product alone is no INT8 product: its quantizer stays where it was.
TEST(QuantiseAttention, OneOperandStaysFakeQuantised) {
  const std::string on = "site = \"a\"";
  for (const auto& [q, k] : {std::pair(on, std::string()), std::pair(std::string(), on)}) {
    const std::string text = quantised(q, k, "", "");
    const graph::Graph after = quantised_graph(text);
    EXPECT_EQ(count(after, "attention"), 1U);
    EXPECT_EQ(count(after, "fake_quantize"), 1U);
    const Arrays given = random_arrays(after, kSizes, 6);
    EXPECT_EQ(largest_difference(evaluate(graph::parse(text), given, kSizes), evaluate(after, given, kSizes)), 0);
  }
}

TEST(FuseAttention, HeadsMustBeConstantAndAlike) {
  // Keys shared by all heads broadcast; the kernel wants them by head.
  expect_unchanged(passes::fuse_attention,
                   "graph g(B, S)\ninput %q: f32[B, 2, S, 4]\ninput %k: f32[B, 1, 4, S]\ninput %v: f32[B, 1, S, 4]\n"
                   "%s: f32[B, 2, S, S] = matmul(%q, %k)\n%p: f32[B, 2, S, S] = softmax(%s) {dim = 3}\n"
                   "%y: f32[B, 2, S, 4] = matmul(%p, %v)\noutput \"output\" = %y\n");
  expect_unchanged(passes::fuse_attention,
                   "graph g(B, H, S)\ninput %q: f32[B, H, S, 4]\ninput %k: f32[B, H, 4, S]\ninput %v: f32[B, H, S, 4]\n"
                   "%s: f32[B, H, S, S] = matmul(%q, %k)\n%p: f32[B, H, S, S] = softmax(%s) {dim = 3}\n"
                   "%y: f32[B, H, S, 4] = matmul(%p, %v)\noutput \"output\" = %y\n");
}

std::string sdpa(const std::string& arguments, const std::string& attributes) {
  return kInputs + "%y: f32[B, 2, S, 4] = aten.scaled_dot_product_attention(" + arguments + ") {" + attributes +
         "} @ m.cpp:9\noutput \"output\" = %y\n";
}

TEST(LowerAttention, ScaledDotProductIsAttention) {
  const graph::Graph lowered =
      passes::lower_aten(graph::parse(sdpa("%q, %k, %v, %m", "dropout_p = 0.0, is_causal = false")));
  const std::string by_hand = scores(kScaled + "%a: f32[B, 2, S, T] = add(%d, %m)\n" + softmax("a"));
  const Arrays given = random_arrays(lowered, kSizes, 9);
  EXPECT_EQ(largest_difference(evaluate(lowered, given, kSizes), evaluate(graph::parse(by_hand), given, kSizes)), 0);
}

TEST(LowerAttention, BooleanMaskLooksWhereTrue) {
  const graph::Graph lowered = passes::lower_aten(graph::parse(sdpa("%q, %k, %v, %c", "is_causal = false")));
  const std::string by_hand =
      scores(kScaled + "%a: f32[B, 2, S, T] = where(%c, %d) {scalar_b = -inf}\n" + softmax("a"));
  const Arrays given = random_arrays(lowered, kSizes, 9);
  EXPECT_EQ(largest_difference(evaluate(lowered, given, kSizes), evaluate(graph::parse(by_hand), given, kSizes)), 0);
}

TEST(LowerAttention, CausalAlignsToTheTopLeft) {
  // S and T differ as dims, so the kernel's own alignment (bottom right) does not serve.
  const graph::Graph lowered = passes::lower_aten(graph::parse(sdpa("%q, %k, %v, none", "is_causal = true")));
  const Arrays given = random_arrays(lowered, kSizes, 9);
  Arrays masked = given;
  masked["n"].data.clear();
  for (int row = 0; row < 3; ++row) {
    for (int key = 0; key < 5; ++key) masked["n"].data.push_back(key <= row ? 0 : -INFINITY);
  }
  const std::string by_hand = scores(kScaled + "%a: f32[B, 2, S, T] = add(%d, %n)\n" + softmax("a"));
  EXPECT_EQ(largest_difference(evaluate(lowered, given, kSizes), evaluate(graph::parse(by_hand), masked, kSizes)), 0);
}

TEST(LowerAttention, RefusesDropout) {
  const std::string error =
      error_of([] { (void)passes::lower_aten(graph::parse(sdpa("%q, %k, %v, none", "dropout_p = 0.1"))); });
  EXPECT_EQ(error.find("m.cpp:9: error: aten.scaled_dot_product_attention: "), 0U) << error;
}

}  // namespace
}  // namespace octavo::test
