#include "codegen/emit/weights.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
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
  const MatrixReport& matrix = store.matrices()[0];
  EXPECT_GE(matrix.output_sqnr_db, output_sqnr_db(matrix.full_range_sqnr_db) - kBoundPriceDb);
  EXPECT_LT(matrix.output_sqnr_db, std::min(matrix.sqnr_db, kActivationSqnrDb));
  EXPECT_EQ(store.matrices()[0].rows, 37);
  (void)store.linear_f32(value(p.graph, "w2"), graph::kNone, {});
  EXPECT_TRUE(std::isinf(store.matrices()[1].sqnr_db));
}

TEST(WeightStore, OneMatrixBehindTwoZeroPointsIsStoredOnceWithTwoOffsets) {
  const Prepared p = prepare("mlp");
  WeightStore store(p.graph, p.tensors);
  const graph::ValueId w = value(p.graph, "w1");
  graph::Call low;
  low.attributes["zero_point"] = graph::Dim(20);
  const LinearS8Sections symmetric = store.linear_s8(w, graph::kNone, {});
  const LinearS8Sections one_sided = store.linear_s8(w, graph::kNone, low);
  EXPECT_EQ(symmetric.panels, one_sided.panels);
  EXPECT_EQ(symmetric.scale, one_sided.scale);
  EXPECT_EQ(store.matrices().size(), 1U);
  const auto offsets = [&](int section) {
    const auto& bytes = store.sections()[static_cast<size_t>(section)].bytes;
    std::vector<int32_t> values(bytes.size() / sizeof(int32_t));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  };
  const std::vector<int32_t> a = offsets(symmetric.offset), b = offsets(one_sided.offset);
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i] * 20, b[i] * 128) << i;
  EXPECT_TRUE(std::ranges::any_of(a, [](int32_t x) { return x != 0; }));
}

// One lane full of the largest weight beside many that need its small steps: exact in 127 steps, not in 64 or 32.
std::vector<float> spread_weights(int64_t n, int64_t k) {
  std::vector<float> w(static_cast<size_t>(n * k));
  for (size_t i = 0; i < w.size(); ++i) {
    const size_t at = i % static_cast<size_t>(k);
    w[i] = at == 0 || at == 1 || at == 4 || at == 5 ? 1.0F : static_cast<float>(at % 21) / 127;
  }
  return w;
}

TEST(BoundedPack, TheBoundIsLeftWhereItCostsTheOutputTooMuch) {
  const int64_t n = 16, k = 64;
  const BoundedPack dear = pack_bounded(spread_weights(n, k), nullptr, n, k);
  EXPECT_EQ(dear.pack.bound, LaneBound::none);
  EXPECT_EQ(dear.sqnr_db, dear.full_range_sqnr_db);
  // Without the small ones a scale of 1/32 is exact, and the bound costs nothing.
  std::vector<float> coarse(static_cast<size_t>(n * k), 1.0F);
  EXPECT_EQ(pack_bounded(coarse, nullptr, n, k).pack.bound, LaneBound::fours);
}

TEST(BoundedPack, ATamperedPackIsRefused) {
  const int64_t n = 16, k = 64;
  BoundedPack bounded = pack_bounded(std::vector<float>(static_cast<size_t>(n * k), 1.0F), nullptr, n, k);
  ASSERT_EQ(bounded.pack.bound, LaneBound::fours);
  check_proof(bounded.pack.view(), "w");
  int8_t& byte = bounded.pack.panels[17];
  byte = static_cast<int8_t>(byte + 1);
  try {
    check_proof(bounded.pack.view(), "some.matrix");
    FAIL() << "accepted";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.exit, base::Exit::internal);
    EXPECT_NE(error.cause.find("some.matrix"), std::string::npos) << error.cause;
  }
  bounded.pack.bound = LaneBound::pairs;  // what the bytes still prove
  check_proof(bounded.pack.view(), "w");
}

TEST(MatrixTable, ShowsEachMatrixOnALine) {
  Report report;
  MatrixReport matrix;
  matrix.site = "encoder.dense";
  matrix.kernel = "linear_s8";
  matrix.rows = 3;
  matrix.columns = 5;
  matrix.weights = "exact";
  matrix.outliers = 1;
  matrix.lane_bound = "fours";
  matrix.sqnr_db = 35.25;
  matrix.full_range_sqnr_db = 41;
  matrix.output_sqnr_db = 33.1;
  matrix.lowered = 7;
  report.matrices.push_back(matrix);
  matrix.lane_bound.clear();
  matrix.kernel = "embedding_f32";
  matrix.sqnr_db = std::numeric_limits<double>::infinity();
  report.matrices.push_back(matrix);
  const std::string table = matrix_table(report_json(report), "r.json");
  EXPECT_NE(table.find("linear_s8             3x5 exact    fours    6.67 %     35.2     41.0     33.1        7        "
                       "0  encoder.dense\n"),
            std::string::npos)
      << table;
  EXPECT_NE(table.find("embedding_f32         3x5                             exact"), std::string::npos) << table;
  EXPECT_THROW((void)matrix_table("[1]", "r.json"), base::Error);
  EXPECT_THROW((void)matrix_table("not json", "r.json"), base::Error);
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
