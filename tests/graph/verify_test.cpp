#include "codegen/graph/verify.h"

#include <gtest/gtest.h>

#include "codegen/graph/text.h"

namespace octavo::graph {
namespace {

Graph small() {
  return parse(R"(graph g(B)
input %x: f32[B, 4]
weight %w: f32[4, 4] = "w"
%a: f32[B, 4] = linear(%x, %w, none)
%b: f32[B, 4] = relu(%a)
output "output" = %b
)");
}

std::string broken(const Graph& graph) {
  try {
    verify(graph, "test");
  } catch (const base::Error& error) {
    EXPECT_EQ(error.exit, base::Exit::internal);
    return error.cause;
  }
  return "sound";
}

TEST(Verify, FindsBrokenInvariants) {
  EXPECT_EQ(broken(small()), "sound");
  Graph graph = small();
  std::swap(graph.calls[0], graph.calls[1]);
  EXPECT_NE(broken(graph).find("%a is read before it is defined"), std::string::npos);
  graph = small();
  graph.calls[1].operands[0] = 99;
  EXPECT_NE(broken(graph).find("does not exist"), std::string::npos);
  graph = small();
  graph.calls.push_back(graph.calls[0]);
  EXPECT_NE(broken(graph).find("defined twice"), std::string::npos);
  graph = small();
  graph.values[0].type.shape[0] = Dim::named("T");
  EXPECT_NE(broken(graph).find("dim 'T'"), std::string::npos);
  graph = small();
  graph.outputs.clear();
  EXPECT_NE(broken(graph).find("no output"), std::string::npos);
  graph = small();
  graph.weights[0].tensors.clear();
  EXPECT_NE(broken(graph).find("names no tensor"), std::string::npos);
}

TEST(Graph, RemovesWhatNobodyReads) {
  Graph graph = small();
  replace_uses(graph, graph.calls[1].results[0], graph.inputs[0]);
  remove_dead(graph);
  EXPECT_TRUE(graph.calls.empty());
  EXPECT_TRUE(graph.weights.empty());
  verify(graph, "remove_dead");
}

TEST(Graph, UsesKnowProducersAndReaders) {
  const Graph graph = small();
  const Uses uses(graph);
  EXPECT_TRUE(uses.single_use(graph.calls[0].results[0]));
  EXPECT_FALSE(uses.single_use(graph.calls[1].results[0]));
  EXPECT_EQ(uses.producer[static_cast<size_t>(graph.inputs[0])], -1);
}

TEST(Graph, FreshNamesNeverCollide) {
  Graph graph = parse("graph g()\ninput %2: f32[]\ninput %3: f32[]\noutput \"o\" = %2\n");
  EXPECT_EQ(graph.value_name(graph.add_value({})), "4");
  EXPECT_EQ(graph.value_name(graph.add_value({}, "3")), "5");
}

}  // namespace
}  // namespace octavo::graph
