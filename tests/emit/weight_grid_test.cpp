#include "codegen/emit/weight_grid.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/emit/fixtures.h"

namespace octavo::emit::test {
namespace {

struct Made {
  std::vector<int8_t> q;
  std::vector<float> scale, w;
};

// Integers in [-128, 127] with any scale, each row with a 1 and a 127, so that no other grid has them.
Made made(Numbers& numbers, int64_t n, int64_t k, int64_t largest = 127) {
  Made m;
  for (int64_t row = 0; row < n; ++row) {
    m.scale.push_back(std::ldexp(numbers.uniform(0.5F, 1), static_cast<int>(numbers.below(60)) - 50));
    for (int64_t i = 0; i < k; ++i) {
      const int64_t q = i == 0 ? 1 : i == 1 ? largest : numbers.below(2 * largest + 1) - largest;
      m.q.push_back(static_cast<int8_t>(q));
      m.w.push_back(m.scale.back() * static_cast<float>(q));
    }
  }
  return m;
}

TEST(WeightGrid, FindsTheIntegersAndTheScaleToTheLastBit) {
  Numbers numbers(1);
  for (const auto& [k, largest] :
       std::initializer_list<std::pair<int64_t, int64_t>>{{2, 127}, {3, 90}, {64, 127}, {768, 7}}) {
    const Made m = made(numbers, 50, k, largest);
    const auto found = find_grid(m.w, 50, k);
    ASSERT_TRUE(found) << k;
    EXPECT_EQ(found->q, m.q);
    EXPECT_EQ(found->scale, m.scale);
  }
}

// Without a weight that pins the scale there may be two floats that give the same weights: one of them is found.
TEST(WeightGrid, TheScaleGivesTheWeightsBack) {
  Numbers numbers(2);
  for (int round = 0; round < 2000; ++round) {
    const float scale = numbers.uniform(0.001F, 1);
    std::vector<float> w;
    for (int i = 0; i < 5; ++i) w.push_back(scale * static_cast<float>(numbers.below(120) + 3));
    const auto found = find_grid(w, 1, 5);
    ASSERT_TRUE(found);
    for (size_t i = 0; i < w.size(); ++i) EXPECT_EQ(found->scale[0] * static_cast<float>(found->q[i]), w[i]);
  }
}

// Symmetric int8 as PyTorch has it reaches -128.
TEST(WeightGrid, TakesTheWholeOfInt8AndCommonFactors) {
  const auto found = find_grid({-128 * 0.3F, 127 * 0.3F, 0.3F, 0, 6, -4, 2, 0, 0, 0, 0, 0}, 3, 4);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->q, (std::vector<int8_t>{-128, 127, 1, 0, 3, -2, 1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(found->scale, (std::vector<float>{0.3F, 2, 0}));
  EXPECT_FALSE(find_grid({128, 127, 1, 0}, 1, 4));
  EXPECT_FALSE(find_grid({-129, 127, 1, 0}, 1, 4));
}

TEST(WeightGrid, NoiseIsNoGrid) {
  Numbers numbers(3);
  for (int round = 0; round < 200; ++round) {
    Made m = made(numbers, 1, 64);
    float& w = m.w[static_cast<size_t>(2 + numbers.below(62))];
    if (std::abs(w) < 2 * m.scale[0]) w = 5 * m.scale[0];
    w = std::nextafter(std::nextafter(std::nextafter(w, 0.0F), 0.0F), 0.0F);  // 1.5 times the tolerance at the least
    EXPECT_FALSE(find_grid(m.w, 1, 64));
    w = 0x1p-30F * m.scale[0];  // not zero either
    EXPECT_FALSE(find_grid(m.w, 1, 64));
  }
}

// The header bounds the probability for four weights by 2^-41 a channel: one false alarm in a million channels would be
// a defect.
TEST(WeightGrid, FloatsAreNoGrid) {
  Numbers numbers(4);
  for (int round = 0; round < 100000; ++round) {
    std::vector<float> w;
    for (int i = 0; i < 4; ++i) w.push_back(numbers.uniform(-1, 1) * numbers.uniform(0, 1));
    ASSERT_FALSE(find_grid(w, 1, 4)) << round;
  }
  Made m = made(numbers, 8, 16);
  for (size_t i = 0; i < 16; ++i) m.w[3 * 16 + i] = numbers.uniform(-1, 1);  // one channel is enough
  EXPECT_FALSE(find_grid(m.w, 8, 16));
  m.w[40] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(find_grid(m.w, 8, 16));
}

}  // namespace
}  // namespace octavo::emit::test
