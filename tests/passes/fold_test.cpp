// fold and share_common.
#include "codegen/graph/text.h"
#include "codegen/passes/passes.h"
#include "tests/passes/graphs.h"
#include "tests/passes/reference/reference.h"

namespace octavo::test {
namespace {

const std::string kInputs =
    "graph g(B, S)\n"
    "input %x: f32[B, S, 6]\n"
    "input %i: i64[B, S]\n"
    "input %row: f32[1, 6]\n";

std::string with(const std::string& statements) { return kInputs + statements + "output \"output\" = %y\n"; }

TEST(Fold, RemovesWhatDoesNothing) {
  for (const char* nothing :
       {"%n: f32[B, S, 6] = reshape(%x) {shape = [B, S, 6]}", "%n: f32[B, S, 6] = mul(%x) {scalar = 1.0}",
        "%n: f32[B, S, 6] = div(%x) {scalar = 1.0}", "%n: f32[B, S, 6] = sub(%x) {scalar = 0.0}",
        "%n: f32[B, S, 6] = permute(%x) {dims = [0, 1, 2]}", "%n: f32[B, S, 6] = expand(%x) {shape = [B, S, 6]}",
        "%n: f32[B, S, 6] = cast(%x) {dtype = \"f32\"}",
        "%n: f32[B, S, 6] = slice(%x) {dim = 1, start = 0, end = S, step = 1}", "%n: f32[B, S, 6] = copy(%x)",
        "%n: f32[B, S, 6] = cat(%x) {dim = 0}"}) {
    expect_calls(passes::fold, with(std::string(nothing) + "\n%y: f32[B, S, 6] = relu(%n)\n"),
                 "%y: f32[B, S, 6] = relu(%x)\n");
  }
}

TEST(Fold, KeepsWhatOnlyLooksIdle) {
  for (const char* something :
       {// -0 + 0 is +0
        "%n: f32[B, S, 6] = add(%x) {scalar = 0.0}", "%n: f32[B, S, 6] = div(%x) {scalar = 1.0, reversed = true}",
        "%n: f32[B, S, 6] = sub(%x) {scalar = 0.0, reversed = true}", "%n: f32[B, S, 6] = mul(%x) {scalar = 2.0}",
        "%n: f32[B, S, 6] = mul(%x, %x)"}) {
    expect_unchanged(passes::fold, with(std::string(something) + "\n%y: f32[B, S, 6] = relu(%n)\n"));
  }
  expect_unchanged(passes::fold, with("%n: f32[B, S, 3] = slice(%x) {dim = 2, start = 0, end = 6, step = 2}\n"
                                      "%y: f32[B, S, 3] = relu(%n)\n"));
  expect_unchanged(passes::fold, with("%n: bool[B, S] = cast(%i) {dtype = \"bool\"}\n"
                                      "%y: i64[B, S] = cast(%n) {dtype = \"i64\"}\n"));
}

TEST(Fold, AddsZeroToIntegersForNothing) {
  expect_calls(passes::fold, with("%n: i64[B, S] = add(%i) {scalar = 0}\n%y: i64[B, S] = neg(%n)\n"),
               "%y: i64[B, S] = neg(%i)\n");
}

TEST(Fold, JoinsChains) {
  expect_calls(passes::fold,
               with("%a: f32[B, S, 2, 3] = reshape(%x) {shape = [B, S, 2, 3]}\n"
                    "%b: f32[B, 2, S, 3] = permute(%a) {dims = [0, 2, 1, 3]}\n"
                    "%c: f32[B, 2, 3, S] = permute(%b) {dims = [0, 1, 3, 2]}\n"
                    "%y: f32[B, 2, 3, S] = neg(%c)\n"),
               "%a: f32[B, S, 2, 3] = reshape(%x) {shape = [B, S, 2, 3]}\n"
               "%c: f32[B, 2, 3, S] = permute(%a) {dims = [0, 2, 3, 1]}\n"
               "%y: f32[B, 2, 3, S] = neg(%c)\n");
  expect_calls(
      passes::fold,
      with("%a: f32[B, S, 4] = slice(%x) {dim = 2, start = 1, end = 5, step = 1}\n"
           "%b: f32[B, S, 2] = slice(%a) {dim = 2, start = 0, end = 4, step = 2}\n%y: f32[B, S, 2] = neg(%b)\n"),
      "%b: f32[B, S, 2] = slice(%x) {dim = 2, end = 5, start = 1, step = 2}\n%y: f32[B, S, 2] = neg(%b)\n");
}

TEST(Fold, CancelsASplitAndItsMerge) {
  expect_calls(passes::fold,
               with("%a: f32[B, S, 2, 3] = reshape(%x) {shape = [B, S, 2, 3]}\n"
                    "%b: f32[B, 2, S, 3] = permute(%a) {dims = [0, 2, 1, 3]}\n"
                    "%c: f32[B, S, 2, 3] = permute(%b) {dims = [0, 2, 1, 3]}\n"
                    "%d: f32[B, S, 6] = reshape(%c) {shape = [B, S, 6]}\n"
                    "%y: f32[B, S, 6] = relu(%d)\n"),
               "%y: f32[B, S, 6] = relu(%x)\n");
}

TEST(Fold, DropsAnExpandThatTheOtherOperandMakes) {
  expect_calls(passes::fold,
               with("%e: f32[B, S, 6] = expand(%row) {shape = [B, S, 6]}\n%y: f32[B, S, 6] = add(%x, %e)\n"),
               "%y: f32[B, S, 6] = add(%x, %row)\n");
  expect_unchanged(passes::fold,
                   with("%e: f32[B, S, 6] = expand(%row) {shape = [B, S, 6]}\n%y: f32[B, S, 6] = add(%e, %row)\n"));
}

TEST(Fold, TakesAFullOperandAsANumber) {
  expect_calls(passes::fold, with("%o: f32[B, S, 6] = full() {value = 1.0}\n%y: f32[B, S, 6] = sub(%o, %x)\n"),
               "%y: f32[B, S, 6] = sub(%x) {reversed = true, scalar = 1.0}\n");
  expect_calls(passes::fold, with("%o: f32[] = full() {value = 3.0}\n%y: f32[B, S, 6] = div(%x, %o)\n"),
               "%y: f32[B, S, 6] = div(%x) {scalar = 3.0}\n");
  for (const char* choice : {"%m, %o, %x) {scalar_a", "%m, %x, %o) {scalar_b"}) {
    const std::string text(choice), operands = text.substr(0, text.find(')')), key = text.substr(text.find('{') + 1);
    const std::string mask = "%m: bool[B, S, 6] = gt(%x) {scalar = 0.0}\n";
    expect_calls(passes::fold,
                 with("%o: f32[] = full() {value = -inf}\n" + mask + "%y: f32[B, S, 6] = where(" + operands + ")\n"),
                 mask + "%y: f32[B, S, 6] = where(%m, %x) {" + key + " = -inf}\n");
  }
  // The full value gives the shape; a size is no number yet.
  expect_unchanged(passes::fold, with("%o: f32[B, S, 6] = full() {value = 2.0}\n%y: f32[B, S, 6] = mul(%o, %row)\n"));
  expect_unchanged(passes::fold, with("%o: i64[B, S] = full() {value = S}\n%y: i64[B, S] = mul(%o, %i)\n"));
}

TEST(ShareCommon, KeepsTheFirstOfEqualCalls) {
  expect_calls(passes::share_common,
               with("%a, %b: u8[B, S, 6], f32[B, S] = quantize_rows(%x) @ m.cpp:1\n"
                    "%c, %d: u8[B, S, 6], f32[B, S] = quantize_rows(%x) @ m.cpp:2\n"
                    "%e: f32[B, S] = neg(%b)\n%f: f32[B, S] = neg(%d)\n%y: f32[B, S] = add(%e, %f)\n"),
               "%a, %b: u8[B, S, 6], f32[B, S] = quantize_rows(%x)\n"
               "%e: f32[B, S] = neg(%b)\n%y: f32[B, S] = add(%e, %e)\n");
}

TEST(ShareCommon, TellsAttributesOrderAndTypesApart) {
  expect_unchanged(passes::share_common, with("%a: f32[B, S, 6] = mul(%x) {scalar = 2.0}\n"
                                              "%b: f32[B, S, 6] = mul(%x) {scalar = 3.0}\n"
                                              "%c: f32[B, S, 6] = sub(%a, %b)\n%d: f32[B, S, 6] = sub(%b, %a)\n"
                                              "%y: f32[B, S, 6] = div(%c, %d)\n"));
  expect_unchanged(passes::share_common,
                   with("%a: f32[B, 1, 6] = full() {value = 0.0}\n%b: f32[1, S, 6] = full() {value = 0.0}\n"
                        "%y: f32[B, S, 6] = add(%a, %b)\n"));
}

TEST(Fold, ComputesTheSame) {
  const std::string text = with(
      "%a: f32[B, S, 2, 3] = reshape(%x) {shape = [B, S, 2, 3]}\n"
      "%b: f32[B, 2, S, 3] = permute(%a) {dims = [0, 2, 1, 3]}\n"
      "%c: f32[3, B, 2, S] = permute(%b) {dims = [3, 0, 1, 2]}\n"
      "%d: f32[2, B, 2, S] = slice(%c) {dim = 0, start = 1, end = 3, step = 1}\n"
      "%e: f32[1, B, 2, S] = slice(%d) {dim = 0, start = 1, end = 2, step = 1}\n"
      "%f: f32[2*B*S] = reshape(%e) {shape = [2*B*S]}\n%y: f32[B, 2*S] = reshape(%f) {shape = [B, 2*S]}\n");
  const graph::Graph before = graph::parse(text), after = passes::fold(graph::parse(text));
  EXPECT_LT(after.calls.size(), before.calls.size());
  const graph::Dim::Sizes sizes{{"B", 2}, {"S", 5}};
  const Arrays given = random_arrays(before, sizes, 3);
  EXPECT_EQ(largest_difference(evaluate(before, given, sizes), evaluate(after, given, sizes)), 0);
}

}  // namespace
}  // namespace octavo::test
