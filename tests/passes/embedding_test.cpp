// fuse_embedding_sum
#include "codegen/graph/text.h"
#include "codegen/passes/passes.h"
#include "tests/passes/graphs.h"
#include "tests/passes/reference/reference.h"

namespace octavo::test {
namespace {

const std::string kInputs =
    "graph g(B, S)\n"
    "input %i: i64[B, S]\n"
    "input %j: i64[B, S]\n"
    "input %pos: i64[1, S]\n"
    "input %x: f32[B, S, 4]\n"
    "weight %w: f32[9, 4] = \"w\"\n"
    "weight %u: f32[9, 4] = \"u\"\n"
    "weight %t: f32[9, 4] = \"t\"\n"
    "%a: f32[B, S, 4] = embedding(%w, %i) {precision = \"int8\", site = \"word\"} @ m.cpp:1\n"
    "%b: f32[B, S, 4] = embedding(%u, %j) {precision = \"int8\", site = \"type\"} @ m.cpp:2\n"
    "%c: f32[1, S, 4] = embedding(%t, %pos) {precision = \"int8\", site = \"position\"} @ m.cpp:3\n";

std::string with(const std::string& statements) { return kInputs + statements + "output \"output\" = %y\n"; }

void expect_same(const std::string& text) {
  const graph::Graph before = graph::parse(text), after = passes::fuse_embedding_sum(graph::parse(text));
  const graph::Dim::Sizes sizes{{"B", 2}, {"S", 3}};
  const Arrays given = random_arrays(before, sizes, 3, 9);
  EXPECT_EQ(largest_difference(evaluate(before, given, sizes), evaluate(after, given, sizes)), 0) << print(after);
}

TEST(FuseEmbeddingSum, KeepsTheOrderOfAdditions) {
  const std::string expected =
      "%y: f32[B, S, 4] = embedding_sum(%i, %j, %pos, %w, %u, %t) "
      "{precision = \"int8\", sites = \"word,type,position\", terms = 3}\n";
  for (const char* sums : {"%s: f32[B, S, 4] = add(%a, %b)\n%y: f32[B, S, 4] = add(%s, %c)\n",
                           // a + b and b + a are the same bits
                           "%s: f32[B, S, 4] = add(%a, %b)\n%y: f32[B, S, 4] = add(%c, %s)\n"}) {
    expect_calls(passes::fuse_embedding_sum, with(sums), expected);
    expect_same(with(sums));
  }
  const std::string other = "%s: f32[B, S, 4] = add(%b, %c)\n%y: f32[B, S, 4] = add(%a, %s)\n";
  expect_calls(passes::fuse_embedding_sum, with(other),
               "%y: f32[B, S, 4] = embedding_sum(%j, %pos, %i, %u, %t, %w) "
               "{precision = \"int8\", sites = \"type,position,word\", terms = 3}\n");
  expect_same(with(other));
}

TEST(FuseEmbeddingSum, KeepsThePlaceOfTheFirstLookup) {
  const std::string after = through(passes::fuse_embedding_sum, with("%y: f32[B, S, 4] = add(%a, %b) @ m.cpp:7\n"));
  EXPECT_NE(after.find("terms = 2} @ m.cpp:1\n"), std::string::npos) << after;
}

TEST(FuseEmbeddingSum, TakesALoneLookup) {
  expect_calls(passes::fuse_embedding_sum, with("%y: f32[B, S, 4] = mul(%a, %x)\n"),
               "%a: f32[B, S, 4] = embedding_sum(%i, %w) {precision = \"int8\", sites = \"word\", terms = 1}\n"
               "%y: f32[B, S, 4] = mul(%a, %x)\n");
}

TEST(FuseEmbeddingSum, NamesEachPrecisionWhereTheyDiffer) {
  expect_calls(passes::fuse_embedding_sum,
               with("%f: f32[B, S, 4] = embedding(%u, %j) {site = \"kept\"}\n%y: f32[B, S, 4] = add(%a, %f)\n"),
               "%y: f32[B, S, 4] = embedding_sum(%i, %j, %w, %u) "
               "{precision = \"int8,fp32\", sites = \"word,kept\", terms = 2}\n");
}

TEST(FuseEmbeddingSum, ReadsIdsBehindAnExpand) {
  const std::string text = with(
      "%wide: i64[B, S] = expand(%pos) {shape = [B, S]}\n"
      "%d: f32[B, S, 4] = embedding(%t, %wide) {precision = \"int8\", site = \"wide\"}\n"
      "%y: f32[B, S, 4] = add(%a, %d)\n");
  expect_calls(
      passes::fuse_embedding_sum, text,
      "%y: f32[B, S, 4] = embedding_sum(%i, %pos, %w, %t) {precision = \"int8\", sites = \"word,wide\", terms = 2}\n");
  expect_same(text);
}

TEST(FuseEmbeddingSum, DoesNotReorderOrSwallow) {
  // (a + b) + (c + d) has no order of single terms; only the pairs fuse.
  const std::string pairs = with(
      "%d: f32[B, S, 4] = embedding(%t, %i) {precision = \"int8\", site = \"d\"}\n"
      "%s: f32[B, S, 4] = add(%a, %b)\n%r: f32[B, S, 4] = add(%c, %d)\n%y: f32[B, S, 4] = add(%s, %r)\n");
  EXPECT_EQ(operators(passes::fuse_embedding_sum(graph::parse(pairs))), "embedding_sum embedding_sum add");
  expect_same(pairs);
  // A sum that is read elsewhere stays a value.
  const std::string shared =
      with("%s: f32[B, S, 4] = add(%a, %b)\n%r: f32[B, S, 4] = add(%s, %c)\n%y: f32[B, S, 4] = mul(%r, %s)\n");
  EXPECT_EQ(operators(passes::fuse_embedding_sum(graph::parse(shared))), "embedding_sum embedding_sum add mul");
  expect_same(shared);
  // What is no lookup is added as before, and a lookup added to itself too.
  EXPECT_EQ(operators(passes::fuse_embedding_sum(graph::parse(with("%y: f32[B, S, 4] = add(%a, %x)\n")))),
            "embedding_sum add");
  EXPECT_EQ(operators(passes::fuse_embedding_sum(graph::parse(with("%y: f32[B, S, 4] = add(%a, %a)\n")))),
            "embedding_sum add");
}

}  // namespace
}  // namespace octavo::test
