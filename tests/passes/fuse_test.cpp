// Linears and LayerNorms with their neighbours: activations, merging, quantising, residuals.
#include "base/error.h"
#include "codegen/graph/text.h"
#include "codegen/passes/passes.h"
#include "tests/passes/graphs.h"
#include "tests/passes/reference/reference.h"

namespace octavo::test {
namespace {

const std::string kInputs =
    "graph g(B, S)\n"
    "input %x: f32[B, S, 8]\n"
    "input %r: f32[B, S, 8]\n"
    "input %row: f32[8]\n"
    "weight %w: f32[8, 8] = \"w\"\n"
    "weight %u: f32[4, 8] = \"u\"\n"
    "weight %b: f32[8] = \"b\"\n"
    "weight %c: f32[4] = \"c\"\n"
    "weight %g: f32[8] = \"g\"\n";

std::string with(const std::string& statements) { return kInputs + statements + "output \"output\" = %y\n"; }

void expect_same(const Pass& pass, const std::string& text) {
  const graph::Graph before = graph::parse(text), after = pass(graph::parse(text));
  const graph::Dim::Sizes sizes{{"B", 2}, {"S", 3}};
  const Arrays given = random_arrays(before, sizes, 3);
  EXPECT_EQ(largest_difference(evaluate(before, given, sizes), evaluate(after, given, sizes)), 0) << print(after);
}

TEST(FuseLinearActivation, EachActivation) {
  struct Row {
    const char *call, *name;
  };
  for (const Row& row : std::initializer_list<Row>{{"relu(%l)", "relu"},
                                                   {"tanh(%l)", "tanh"},
                                                   {"silu(%l)", "silu"},
                                                   {"sigmoid(%l)", "sigmoid"},
                                                   {"gelu(%l) {approximate = \"none\"}", "gelu_erf"},
                                                   {"gelu(%l) {approximate = \"tanh\"}", "gelu_tanh"}}) {
    const std::string text =
        with("%l: f32[B, S, 8] = linear(%x, %w, %b) {site = \"dense\"} @ m.cpp:1\n%y: f32[B, S, 8] = " +
             std::string(row.call) + " @ m.cpp:2\n");
    const std::string after = through(passes::fuse_linear_activation, text);
    EXPECT_NE(after.find("%y: f32[B, S, 8] = linear(%x, %w, %b) {activation = \"" + std::string(row.name) +
                         "\", site = \"dense\"} @ m.cpp:1\n"),
              std::string::npos)
        << after;
    expect_same(passes::fuse_linear_activation, text);
  }
}

TEST(FuseLinearActivation, MustNotFuse) {
  const std::string linear = "%l: f32[B, S, 8] = linear(%x, %w, %b)\n";
  expect_unchanged(passes::fuse_linear_activation,
                   with(linear + "%a: f32[B, S, 8] = relu(%l)\n%y: f32[B, S, 8] = add(%a, %l)\n"));
  expect_unchanged(passes::fuse_linear_activation,
                   with(linear + "%y: f32[B, S, 8] = relu(%l)\n") + "output \"before\" = %l\n");
  expect_unchanged(passes::fuse_linear_activation, with(linear + "%y: f32[B, S, 8] = exp(%l)\n"));
  expect_unchanged(passes::fuse_linear_activation, with("%y: f32[B, S, 8] = relu(%x)\n"));
  expect_unchanged(
      passes::fuse_linear_activation,
      with("%l: f32[B, S, 8] = linear(%x, %w, %b) {activation = \"tanh\"}\n%y: f32[B, S, 8] = relu(%l)\n"));
}

TEST(FuseLinearResidual, EitherSideOfTheSum) {
  const std::string linear = "%l: f32[B, S, 8] = linear(%x, %w, none) {activation = \"relu\", site = \"dense\"}\n";
  for (const char* sum : {"add(%r, %l)", "add(%l, %r)"}) {
    const std::string text = with(linear + "%y: f32[B, S, 8] = " + sum + "\n");
    expect_calls(passes::fuse_linear_residual, text,
                 "%y: f32[B, S, 8] = linear(%x, %w, none, %r) {activation = \"relu\", site = \"dense\"}\n");
    expect_same(passes::fuse_linear_residual, text);
  }
  const std::string int8 = with(
      "%q, %s: u8[B, S, 8], f32[B, S] = quantize_rows(%x)\n%l: f32[B, S, 8] = linear_s8(%q, %s, %w, %b)\n"
      "%y: f32[B, S, 8] = add(%x, %l)\n");
  EXPECT_EQ(operators(passes::fuse_linear_residual(graph::parse(int8))), "quantize_rows linear_s8");
  expect_same(passes::fuse_linear_residual, int8);
  // Of two products the second takes the first, which may then take another.
  const std::string two = with(linear + "%m: f32[B, S, 8] = linear(%r, %w, %b)\n%y: f32[B, S, 8] = add(%l, %m)\n");
  EXPECT_EQ(operators(passes::fuse_linear_residual(graph::parse(two))), "linear linear");
  expect_same(passes::fuse_linear_residual, two);
}

TEST(FuseLinearResidual, MustNotFuse) {
  const std::string linear = "%l: f32[B, S, 8] = linear(%x, %w, %b)\n";
  // Another reader, an output, a broadcast, a number, a residual already there.
  expect_unchanged(passes::fuse_linear_residual,
                   with(linear + "%a: f32[B, S, 8] = add(%r, %l)\n%y: f32[B, S, 8] = mul(%a, %l)\n"));
  expect_unchanged(passes::fuse_linear_residual,
                   with(linear + "%y: f32[B, S, 8] = add(%r, %l)\n") + "output \"before\" = %l\n");
  expect_unchanged(passes::fuse_linear_residual, with(linear + "%y: f32[B, S, 8] = add(%l, %row)\n"));
  expect_unchanged(passes::fuse_linear_residual, with(linear + "%y: f32[B, S, 8] = add(%l) {scalar = 1.0}\n"));
  expect_unchanged(passes::fuse_linear_residual,
                   with("%l: f32[B, S, 8] = linear(%x, %w, %b, %r)\n%y: f32[B, S, 8] = add(%l, %x)\n"));
}

TEST(MergeLinears, OneProductAndSlices) {
  const std::string text = with(
      "%p: f32[B, S, 8] = linear(%x, %w, %b) {precision = \"int8\", site = \"m.query\"}\n"
      "%q: f32[B, S, 4] = linear(%x, %u, %c) {precision = \"int8\", site = \"m.key\"}\n"
      "%s: f32[B, S, 4] = slice(%p) {dim = 2, start = 0, end = 4, step = 1}\n%y: f32[B, S, 4] = mul(%s, %q)\n");
  const std::string after = through(passes::merge_linears, text);
  EXPECT_NE(after.find(": f32[12, 8] = \"w\" ++ \"u\"\n"), std::string::npos) << after;
  EXPECT_NE(after.find(": f32[12] = \"b\" ++ \"c\"\n"), std::string::npos) << after;
  EXPECT_NE(after.find("{precision = \"int8\", site = \"m.query,m.key\"}"), std::string::npos) << after;
  EXPECT_NE(after.find("%p: f32[B, S, 8] = slice(%"), std::string::npos) << after;
  EXPECT_NE(after.find("%q: f32[B, S, 4] = slice(%"), std::string::npos) << after;
  expect_same(passes::merge_linears, text);
  // Scales are per output channel, so the merged product quantises each column as it was.
  const graph::Graph apart = passes::quantise_linears(graph::parse(text));
  const graph::Graph merged = passes::quantise_linears(passes::merge_linears(graph::parse(text)));
  EXPECT_EQ(operators(merged), "quantize_rows linear_s8 slice slice slice mul");
  const graph::Dim::Sizes sizes{{"B", 2}, {"S", 3}};
  const Arrays given = random_arrays(apart, sizes, 3);
  EXPECT_EQ(largest_difference(evaluate(apart, given, sizes), evaluate(merged, given, sizes)), 0);
}

TEST(MergeLinears, MustNotMerge) {
  const std::string end = "%y: f32[B, S, 8] = mul(%p, %q)\n";
  for (const std::string& second :
       {std::string("%q: f32[B, S, 8] = linear(%r, %w, %b)\n"),                          // another input
        std::string("%q: f32[B, S, 8] = linear(%x, %w, none)\n"),                        // no bias
        std::string("%q: f32[B, S, 8] = linear(%x, %w, %b) {precision = \"int8\"}\n"),   // another precision
        std::string("%q: f32[B, S, 8] = linear(%x, %w, %b) {activation = \"silu\"}\n"),  // an activation
        std::string("%q: f32[B, S, 8] = linear(%x, %w, %row)\n")}) {                     // a bias that is computed
    expect_unchanged(passes::merge_linears, with("%p: f32[B, S, 8] = linear(%x, %w, %b)\n" + second + end));
  }
  expect_unchanged(passes::merge_linears,
                   with("%p: f32[B, S, 8] = linear(%x, %w, %b) {precision = \"int8\", static_scale = 0.5}\n"
                        "%q: f32[B, S, 8] = linear(%x, %w, %b) {precision = \"int8\", static_scale = 0.25}\n" +
                        end));
}

TEST(QuantiseLinears, SplitsQuantisationFromTheProduct) {
  expect_calls(passes::quantise_linears,
               with("%y: f32[B, S, 8] = linear(%x, %w, none) "
                    "{activation = \"relu\", precision = \"int8\", site = \"d\", static_scale = 0.5}\n"),
               "%9, %10: u8[B, S, 8], f32[B, S] = quantize_rows(%x) {static_scale = 0.5}\n"
               "%y: f32[B, S, 8] = linear_s8(%9, %10, %w, none) {activation = \"relu\", site = \"d\"}\n");
  expect_unchanged(passes::quantise_linears, with("%y: f32[B, S, 8] = linear(%x, %w, %b) {site = \"kept\"}\n"));
}

TEST(QuantiseLinears, RefusesSumsThatOverflow) {
  const std::string error = error_of([] {
    (void)passes::quantise_linears(
        graph::parse("graph g(B)\ninput %x: f32[B, 65794]\nweight %w: f32[8, 65794] = \"w\"\n"
                     "%y: f32[B, 8] = linear(%x, %w, none) {precision = \"int8\", site = \"wide\"} @ m.cpp:4\noutput "
                     "\"output\" = %y\n"));
  });
  EXPECT_EQ(error.find("m.cpp:4: error: wide: sums of more than 65793 products"), 0U) << error;
}

TEST(FuseLinearQuantise, QuantisesItsOwnRows) {
  const std::string text = with(
      "%q, %s: u8[B, S, 8], f32[B, S] = quantize_rows(%x)\n"
      "%l: f32[B, S, 8] = linear_s8(%q, %s, %w, %b) {activation = \"gelu_erf\", site = \"up\"}\n"
      "%t, %v: u8[B, S, 8], f32[B, S] = quantize_rows(%l) {static_scale = 0.25}\n"
      "%y: f32[B, S, 8] = linear_s8(%t, %v, %w, %b)\n");
  expect_calls(passes::fuse_linear_quantise, text,
               "%q, %s: u8[B, S, 8], f32[B, S] = quantize_rows(%x)\n"
               "%t, %v: u8[B, S, 8], f32[B, S] = linear_s8(%q, %s, %w, %b) "
               "{activation = \"gelu_erf\", quantize = true, site = \"up\", static_scale = 0.25}\n"
               "%y: f32[B, S, 8] = linear_s8(%t, %v, %w, %b)\n");
  expect_same(passes::fuse_linear_quantise, text);
}

TEST(FuseLinearQuantise, LeavesRowsThatOthersRead) {
  const std::string rows =
      "%q, %s: u8[B, S, 8], f32[B, S] = quantize_rows(%x)\n%l: f32[B, S, 8] = linear_s8(%q, %s, %w, %b)\n"
      "%t, %v: u8[B, S, 8], f32[B, S] = quantize_rows(%l)\n%m: f32[B, S, 8] = linear_s8(%t, %v, %w, %b)\n";
  expect_unchanged(passes::fuse_linear_quantise, with(rows + "%y: f32[B, S, 8] = add(%l, %m)\n"));
  expect_unchanged(passes::fuse_linear_quantise,
                   with(rows + "%y: f32[B, S, 8] = add(%m, %x)\n") + "output \"rows\" = %l\n");
}

TEST(FuseLinearQuantise, LeavesMergedProductsAndThoseInFloat) {
  const auto after = [](const std::string& product) {
    return with("%q, %s: u8[B, S, 8], f32[B, S] = quantize_rows(%x)\n%l: f32[B, S, 8] = " + product +
                "\n%t, %v: u8[B, S, 8], f32[B, S] = quantize_rows(%l)\n%y: f32[B, S, 8] = linear_s8(%t, %v, %w, %b)\n");
  };
  expect_unchanged(passes::fuse_linear_quantise, after("linear_s8(%q, %s, %w, %b) {site = \"query,key\"}"));
  expect_unchanged(passes::fuse_linear_quantise, after("linear(%x, %w, %b)"));
}

TEST(FuseLayerNorm, TakesTheSecondSummandAsResidual) {
  const std::string text =
      with("%s: f32[B, S, 8] = add(%x, %r)\n%y: f32[B, S, 8] = layer_norm(%s, %g, %b) {eps = 1e-12} @ m.cpp:2\n");
  expect_calls(passes::fuse_layer_norm_residual, text, "%y: f32[B, S, 8] = layer_norm(%x, %g, %b, %r) {eps = 1e-12}\n");
  expect_same(passes::fuse_layer_norm_residual, text);
}

TEST(FuseLayerNorm, LeavesOtherSums) {
  const std::string norm = "%y: f32[B, S, 8] = layer_norm(%s, %g, %b) {eps = 1e-12}\n";
  // Another reader (pre-norm blocks), an output, a broadcast, a number.
  expect_unchanged(passes::fuse_layer_norm_residual,
                   with("%s: f32[B, S, 8] = add(%x, %r)\n%n: f32[B, S, 8] = layer_norm(%s, %g, %b) {eps = 1e-12}\n"
                        "%y: f32[B, S, 8] = add(%n, %s)\n"));
  expect_unchanged(passes::fuse_layer_norm_residual,
                   with("%s: f32[B, S, 8] = add(%x, %r)\n" + norm) + "output \"sum\" = %s\n");
  expect_unchanged(passes::fuse_layer_norm_residual, with("%s: f32[B, S, 8] = add(%x, %row)\n" + norm));
  expect_unchanged(passes::fuse_layer_norm_residual, with("%s: f32[B, S, 8] = add(%x) {scalar = 1.0}\n" + norm));
}

TEST(FuseLayerNorm, QuantisesItsOwnRows) {
  const std::string text = with(
      "%n: f32[B, S, 8] = layer_norm(%x, %g, %b, %r) {eps = 1e-12}\n"
      "%q, %s: u8[B, S, 8], f32[B, S] = quantize_rows(%n) {static_scale = 0.25}\n"
      "%l: f32[B, S, 8] = linear_s8(%q, %s, %w, %b)\n%y: f32[B, S, 8] = add(%l, %n)\n");
  expect_calls(passes::fuse_layer_norm_quantise, text,
               "%n, %q, %s: f32[B, S, 8], u8[B, S, 8], f32[B, S] = layer_norm(%x, %g, %b, %r) "
               "{eps = 1e-12, quantize = true, static_scale = 0.25}\n"
               "%l: f32[B, S, 8] = linear_s8(%q, %s, %w, %b)\n%y: f32[B, S, 8] = add(%l, %n)\n");
  expect_same(passes::fuse_layer_norm_quantise, text);
}

TEST(FuseLayerNorm, QuantisesOnce) {
  // Two scales: one moves in, the other stays a call.
  const std::string text = with(
      "%n: f32[B, S, 8] = layer_norm(%x, %g, %b) {eps = 1e-12}\n"
      "%q, %s: u8[B, S, 8], f32[B, S] = quantize_rows(%n)\n%l: f32[B, S, 8] = linear_s8(%q, %s, %w, %b)\n"
      "%t, %v: u8[B, S, 8], f32[B, S] = quantize_rows(%n) {static_scale = 0.25}\n"
      "%m: f32[B, S, 8] = linear_s8(%t, %v, %w, %b)\n%y: f32[B, S, 8] = add(%l, %m)\n");
  EXPECT_EQ(operators(passes::fuse_layer_norm_quantise(graph::parse(text))),
            "layer_norm linear_s8 quantize_rows linear_s8 add");
  expect_same(passes::fuse_layer_norm_quantise, text);
  expect_unchanged(passes::fuse_layer_norm_quantise,
                   with("%n: f32[B, S, 8] = relu(%x)\n%q, %s: u8[B, S, 8], f32[B, S] = quantize_rows(%n)\n"
                        "%y: f32[B, S, 8] = linear_s8(%q, %s, %w, %b)\n"));
}

}  // namespace
}  // namespace octavo::test
