// The frame of the passes, and the types it infers.
#include "codegen/passes/rewriter.h"

#include "codegen/graph/text.h"
#include "tests/passes/graphs.h"

namespace octavo::test {
namespace {

using namespace octavo::passes;

const char* const kChain =
    "graph g(B)\n"
    "input %x: f32[B, 4]\n"
    "%a: f32[B, 4] = neg(%x) @ m.cpp:1\n"
    "%b: f32[B, 4] = abs(%a) @ m.cpp:2:7\n"
    "output \"output\" = %b\n";

TEST(Rewriter, EmittedCallsTakeNameAndPlaceOfWhatTheyReplace) {
  const std::string after = through(
      [](graph::Graph graph) {
        return rewrite(std::move(graph), [](Rewriter& r, const Call& call) {
          if (call.op == "abs") r.replace(call, r.emit("relu", call.operands));
        });
      },
      kChain);
  EXPECT_NE(after.find("%b: f32[B, 4] = relu(%a) @ m.cpp:2:7\n"), std::string::npos) << after;
}

TEST(Rewriter, WhatNobodyReadsGoes) {
  const std::string after = through(
      [](graph::Graph graph) {
        return rewrite(std::move(graph), [](Rewriter& r, const Call& call) {
          if (call.op == "abs") r.replace(call, r.graph().inputs[0]);
        });
      },
      kChain);
  EXPECT_EQ(calls(after), "");
  EXPECT_NE(after.find("output \"output\" = %x"), std::string::npos);
}

TEST(Rewriter, EmissionsOfARuleThatDeclinesGo) {
  expect_unchanged(
      [](graph::Graph graph) {
        return rewrite(std::move(graph), [](Rewriter& r, const Call& call) { (void)r.emit("relu", call.operands); });
      },
      kChain);
}

TEST(Rewriter, AnotherTypeIsADefect) {
  const std::string error = error_of([] {
    (void)rewrite(graph::parse(kChain), [](Rewriter& r, const Call& call) {
      if (call.op == "abs") r.replace(call, r.emit("ne", call.operands, {{"scalar", 0.0}}));
    });
  });
  EXPECT_NE(error.find("m.cpp:2:7"), std::string::npos) << error;
  EXPECT_NE(error.find("was f32[B, 4] and would become bool[B, 4]"), std::string::npos) << error;
}

TEST(Infer, Broadcasts) {
  const Dim b = Dim::named("B");
  EXPECT_EQ(broadcast({b, Dim(1), Dim(4)}, {Dim(3), Dim(1)}, {}), (Shape{b, Dim(3), Dim(4)}));
  EXPECT_EQ(broadcast({}, {b}, {}), (Shape{b}));
  EXPECT_NE(error_of([&] { (void)broadcast({b}, {Dim(4)}, {}); }).find("do not broadcast"), std::string::npos);
}

TEST(Infer, CountsElementsAcrossQuotients) {
  const Dim s = Dim::named("S"), half = s.floor_quotient(2);
  EXPECT_TRUE(same_count({half, Dim(8)}, {half, Dim(2), Dim(4)}));
  EXPECT_TRUE(same_count({s, Dim(8)}, {s * Dim(2), Dim(4)}));
  EXPECT_FALSE(same_count({s, Dim(8)}, {s, Dim(4)}));
}

TEST(Infer, WrapsDims) {
  EXPECT_EQ(wrap_dim(-1, 3, {}), 2);
  EXPECT_EQ(wrap_dim(0, 3, {}), 0);
  for (const int64_t bad : {3, -4}) EXPECT_NE(error_of([&] { (void)wrap_dim(bad, 3, {}); }), "");
}

}  // namespace
}  // namespace octavo::test
