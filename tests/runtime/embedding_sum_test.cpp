#include "runtime/kernels/embedding_sum/embedding_sum.h"

#include <string>

#include "runtime/error.h"
#include "runtime/kernels/linear_s8/pack.h"
#include "tests/runtime/support.h"

namespace octavo::testing {
namespace {

TEST(EmbeddingSum, IsTheFormulaBitForBit) {
  Random random(1);
  for (int64_t width : {1, 15, 16, 33, 384}) {
    const int64_t outer = 3, inner = 7;
    const auto words = random.normal(50 * width), positions = random.normal(9 * width),
               types = random.normal(2 * width);
    const QuantizedRows q = quantize_table_s8(words.data(), 50, width);
    const QuantizedRows t = quantize_table_s8(types.data(), 2, width);
    const auto ids = random.integers(outer * inner, 0, 49);
    const std::vector<int64_t> position_ids = {0, 1, 2, 3, 4, 5, 8};
    const int64_t type = 1;
    const EmbeddingTerm terms[3] = {{ids.data(), inner, 1, q.q.data(), q.scale.data(), nullptr, 50, "input_ids"},
                                    {position_ids.data(), 0, 1, nullptr, nullptr, positions.data(), 9, "position_ids"},
                                    {&type, 0, 0, t.q.data(), t.scale.data(), nullptr, 2, "token_type_ids"}};
    const auto y = same_everywhere([&](const Context& c) {
      std::vector<float> out(static_cast<size_t>(outer * inner * width));
      embedding_sum(c, outer, inner, width, terms, 3, out.data());
      return out;
    });
    std::vector<float> expected;
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i)
        for (int64_t d = 0; d < width; ++d) {
          const auto id = static_cast<size_t>(ids[static_cast<size_t>(o * inner + i)]);
          const auto w = static_cast<size_t>(width), at = static_cast<size_t>(d);
          float v = q.scale[id] * q.q[id * w + at];
          v += positions[static_cast<size_t>(position_ids[static_cast<size_t>(i)]) * w + at];
          expected.push_back(std::fma(t.scale[1], t.q[w + at], v));
        }
    EXPECT_TRUE(same_bits(expected, y)) << width;
  }
}

// The table of a tied head: rows read out of the panels and the outliers of its product.
TEST(EmbeddingSum, RowsOfAPackedMatrixAreItsIntegers) {
  Random random(4);
  for (int64_t width : {1, 6, 33, 1500}) {
    const int64_t rows = 37;
    const auto table = random.normal(rows * width);
    const QuantizedRows exact = quantize_table_s8(table.data(), rows, width);
    const PackedS8Data bounded =
        pack_linear_s8_bounded(exact.q.data(), exact.scale.data(), nullptr, rows, width, LaneBound::fours);
    const std::vector<int64_t> ids = {0, 36, 7, 7, 20};
    const EmbeddingTerm plain = {ids.data(), 5, 1, exact.q.data(), exact.scale.data(), nullptr, rows, "ids"};
    EmbeddingTerm packed = {ids.data(), 5, 1, nullptr, bounded.scale.data(), nullptr, rows, "ids"};
    packed.panels = bounded.panels.data();
    packed.outliers = bounded.outliers.empty() ? nullptr : bounded.outliers.data();
    const auto sums = [&](const EmbeddingTerm& term) {
      return same_everywhere([&](const Context& c) {
        const EmbeddingTerm twice[2] = {term, term};
        std::vector<float> out(static_cast<size_t>(5 * width));
        embedding_sum(c, 1, 5, width, twice, 2, out.data());
        return out;
      });
    };
    EXPECT_TRUE(same_bits(sums(plain), sums(packed))) << width;
  }
}

TEST(EmbeddingSum, AnIdOutsideTheTableIsNamed) {
  const std::vector<float> table(10 * 4);
  for (int64_t bad : {int64_t{-1}, int64_t{10}, INT64_MAX, INT64_MIN})
    for (const Context& c : contexts()) {
      std::vector<int64_t> ids = {0, 1, 2, 3, 4, bad};
      std::vector<float> y(6 * 4);
      const EmbeddingTerm term = {ids.data(), 3, 1, nullptr, nullptr, table.data(), 10, "input_ids"};
      try {
        embedding_sum(c, 2, 3, 4, &term, 1, y.data());
        FAIL() << bad << " was accepted";
      } catch (const Error& e) {
        EXPECT_EQ(e.status, Status::invalid_argument);
        const std::string text = e.what();
        EXPECT_NE(text.find("input_ids[1,2] is " + std::to_string(bad)), std::string::npos) << text;
        EXPECT_NE(text.find("10 rows"), std::string::npos) << text;
      }
    }
}

}  // namespace
}  // namespace octavo::testing
