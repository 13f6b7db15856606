#include "codegen/emit/weights.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>

#include "codegen/emit/bounded_pack.h"
#include "codegen/emit/weights_file.h"
#include "codegen/graph/text.h"
#include "runtime/error.h"
#include "runtime/weights.h"
#include "tests/emit/fixtures.h"

namespace octavo::emit::test {
namespace {

namespace fs = std::filesystem;

struct Prepared {
  graph::Graph graph;
  base::Safetensors tensors;
};

Prepared prepare(const std::string& name) {
  graph::Graph graph = graph::parse(fixture(name).graph, name);
  base::Safetensors tensors = make_tensors(graph, fs::path(testing::TempDir()) / "octavo_emit_weights");
  return {std::move(graph), std::move(tensors)};
}

graph::ValueId value(const graph::Graph& graph, const std::string& name) {
  for (size_t i = 0; i < graph.values.size(); ++i) {
    if (graph.values[i].name == name) return static_cast<graph::ValueId>(i);
  }
  return graph::kNone;
}

TEST(WeightStore, ATensorUsedTwiceTheSameWayIsStoredOnce) {
  const Prepared p = prepare("mlp");
  WeightStore store(p.graph, p.tensors);
  const graph::ValueId w = value(p.graph, "w1"), b = value(p.graph, "b1");
  const LinearS8Sections first = store.linear_s8(w, b, {});
  const size_t sections = store.sections().size();
  const LinearS8Sections again = store.linear_s8(w, b, {});
  EXPECT_EQ(first.panels, again.panels);
  EXPECT_EQ(first.bias, again.bias);
  EXPECT_EQ(store.sections().size(), sections);
  EXPECT_EQ(store.matrices().size(), 1U);
  EXPECT_EQ(store.linear_f32(w, b, {}).bias, first.bias);  // another form of w, the same padded bias
}

TEST(WeightStore, ReportsTheErrorOfTheStoredWeights) {
  const Prepared p = prepare("mlp");
  WeightStore store(p.graph, p.tensors);
  (void)store.linear_s8(value(p.graph, "w1"), graph::kNone, {});
  // Rounding to steps of absmax/127 <= 1/127 leaves at most step^2/4 a weight; uniform weights have power about 1/3.
  const double least = 10 * std::log10((1.0 / 4) / (1.0 / (127 * 127 * 4)));
  EXPECT_GT(store.matrices()[0].full_range_sqnr_db, least);
  EXPECT_GE(store.matrices()[0].sqnr_db, store.matrices()[0].full_range_sqnr_db - kBoundPriceDb);
  EXPECT_EQ(store.matrices()[0].rows, 37);
  (void)store.linear_f32(value(p.graph, "w2"), graph::kNone, {});
  EXPECT_TRUE(std::isinf(store.matrices()[1].sqnr_db));
}

TEST(WeightStore, MergedTensorsFollowOneAnother) {
  const Prepared p = prepare("attend");
  WeightStore store(p.graph, p.tensors);
  const graph::ValueId bias = value(p.graph, "wb");
  const int section = store.constant(bias);
  std::vector<float> expected;
  for (const char* name : {"self.query.bias", "self.key.bias", "self.value.bias"}) {
    const std::vector<float> part = p.tensors.floats(name);
    expected.insert(expected.end(), part.begin(), part.end());
  }
  const auto& bytes = store.sections()[static_cast<size_t>(section)].bytes;
  ASSERT_EQ(bytes.size(), expected.size() * sizeof(float));
  EXPECT_EQ(std::memcmp(bytes.data(), expected.data(), bytes.size()), 0);
  EXPECT_EQ(store.rows_of_tensors(bias), (std::vector<int64_t>{24, 24, 24}));
}

TEST(WeightsFile, TheRuntimeReadsWhatIsWritten) {
  const std::vector<Section> sections = {{"a", {std::byte{1}, std::byte{2}}}, {"empty", {}}, {"b", {std::byte{3}}}};
  const std::string file = weights_file(sections, 42);
  const auto bytes = std::as_bytes(std::span(file));
  const auto read = read_sections(bytes, 42, "test.weights");
  ASSERT_EQ(read.size(), 3U);
  for (size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].name, sections[i].name);
    EXPECT_TRUE(std::ranges::equal(read[i].bytes, sections[i].bytes));
    EXPECT_EQ((read[i].bytes.data() - bytes.data()) % 64, 0);
  }
  EXPECT_THROW((void)read_sections(bytes, 43, "test.weights"), octavo::Error);
}

TEST(WeightsFile, AnyFlippedBitIsRefused) {
  const std::string file = weights_file({{"a", std::vector<std::byte>(70, std::byte{5})}}, 7);
  for (size_t i = 0; i < file.size(); ++i) {
    std::string damaged = file;
    damaged[i] = static_cast<char>(damaged[i] ^ 4);
    const auto bytes = std::as_bytes(std::span(damaged));
    const size_t header_end = 64 + 40 + 1;
    const bool gap = i >= header_end && i < 128;
    if (gap) continue;  // between the names and the first section: no content
    EXPECT_THROW((void)read_sections(bytes, 7, "test.weights"), octavo::Error) << "byte " << i;
  }
}

}  // namespace
}  // namespace octavo::emit::test
