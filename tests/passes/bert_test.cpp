// A BERT with one layer, from the trace to the list of calls that is emitted.
#include "base/files.h"
#include "codegen/compile.h"
#include "codegen/graph/text.h"
#include "tests/passes/graphs.h"
#include "tests/passes/reference/reference.h"

namespace octavo::test {
namespace {

graph::Graph trace() { return graph::parse(base::read_file(OCTAVO_TEST_DATA "/bert_layer.graph")); }

// Token ids at random; of each sequence the first token counts and about half of the others.
Arrays inputs(const graph::Graph& graph, const graph::Dim::Sizes& sizes, uint32_t seed) {
  Arrays arrays = random_arrays(graph, sizes, seed);
  Array& mask = arrays.at("attention_mask");
  for (size_t i = 0; i < mask.data.size(); ++i)
    mask.data[i] = i % static_cast<size_t>(mask.shape[1]) == 0 || static_cast<int64_t>(mask.data[i]) % 2 == 0 ? 1 : 0;
  for (double& value : arrays.at("constant.0").data) value = 1;  // the 1 of 1 - mask
  return arrays;
}

TEST(Bert, Int8LayerIsNineCalls) {
  const std::string optimised = print(optimise(trace(), {}));
  EXPECT_EQ(optimised, base::read_file(OCTAVO_TEST_DATA "/bert_layer.int8.graph"));
}

TEST(Bert, Fp32LayerIsSixCalls) {
  CompileOptions options{base::Policy::fp32(), {}, {}};
  EXPECT_EQ(print(optimise(trace(), options)), base::read_file(OCTAVO_TEST_DATA "/bert_layer.fp32.graph"));
}

TEST(Bert, Fp32ComputesWhatTheTraceSays) {
  const graph::Graph lowered = passes::lower_aten(trace());
  const graph::Graph fused = optimise(trace(), {base::Policy::fp32(), {}, {}});
  for (const auto& sizes : {graph::Dim::Sizes{{"B", 1}, {"S", 1}}, {{"B", 2}, {"S", 5}}}) {
    const Arrays given = inputs(lowered, sizes, 7);
    // The scale is 1/4: exact, so scaling before or after rounding is the same and nothing differs at all.
    EXPECT_EQ(largest_difference(evaluate(lowered, given, sizes), evaluate(fused, given, sizes)), 0);
  }
}

TEST(Bert, Int8FusionKeepsTheBitsOfQuantisedLinears) {
  // Against the unfused program with the same linears quantised: fusing adds no rounding of its own.
  const base::Policy policy;
  const graph::Graph plain = passes::quantise_linears(passes::apply_policy(passes::lower_aten(trace()), policy, {}));
  const graph::Graph fused = optimise(trace(), {});
  const graph::Dim::Sizes sizes{{"B", 2}, {"S", 3}};
  const Arrays given = inputs(plain, sizes, 11);
  EXPECT_EQ(largest_difference(evaluate(plain, given, sizes), evaluate(fused, given, sizes)), 0);
}

TEST(Bert, SameInputSameText) { EXPECT_EQ(print(optimise(trace(), {})), print(optimise(trace(), {}))); }

TEST(Bert, DumpShowsOnlyWhatChanged) {
  std::vector<std::string> passes;
  std::string fused;
  CompileOptions options;
  options.dump = [&](const std::string& pass, const std::string& changes) {
    passes.push_back(pass);
    if (pass == "fuse_attention") fused = changes;
    EXPECT_FALSE(changes.empty());
  };
  (void)optimise(trace(), options);
  EXPECT_EQ(passes.front(), "lower_aten");
  EXPECT_NE(fused.find("+ "), std::string::npos);
  EXPECT_NE(fused.find("= attention("), std::string::npos);
  EXPECT_EQ(fused.find("linear"), std::string::npos) << "a statement that did not change was printed:\n" << fused;
}

}  // namespace
}  // namespace octavo::test
