// Scalars on either side, casts between dtypes, and values that are outputs twice over.
#include "scalars.h"

#include <algorithm>
#include <cmath>

#include "tests/emit/fixtures.h"
#include "tests/emit/running.h"

namespace octavo::emit::test {
namespace {

TEST(Scalars, EveryBitIsTheLoops) {
  constexpr size_t kRows = 9;
  Numbers numbers(5);
  std::vector<float> x(kRows * 4);
  std::vector<int64_t> n(kRows);
  for (float& value : x) value = numbers.uniform(-4, 4);
  for (int64_t& value : n) value = numbers.below(7) - 3;
  Runner runner(scalars_program(), "scalars");
  auto out = runner.run({Array::of(OCTAVO_F32, {kRows, 4}, x), Array::of(OCTAVO_I64, {kRows}, n)});

  std::vector<float> root, fake, own;
  for (const float value : x) {
    const float turned = 1.5F - value / 2.0F;
    root.push_back(std::sqrt(turned * turned));
  }
  for (size_t row = 0; row < root.size(); row += 4) {
    const float absmax =
        *std::max_element(root.begin() + static_cast<int64_t>(row), root.begin() + static_cast<int64_t>(row) + 4);
    for (size_t i = row; i < row + 4; ++i) {
      fake.push_back(absmax / 127.0F * std::clamp(std::nearbyint(root[i] * (127.0F / absmax)), -127.0F, 127.0F));
    }
  }
  for (size_t i = 0; i < 4; ++i) {
    for (size_t row = 0; row < kRows; ++row) own.push_back(x[row * 4 + i]);
  }
  std::vector<int64_t> least;
  std::vector<uint8_t> neither;
  int64_t count = 0;
  for (const int64_t value : n) {
    least.push_back(std::min<int64_t>(-value, 2));
    neither.push_back(least.back() == 2 || static_cast<double>(value) >= 0.5 ? 0 : 1);
    count += neither.back();
  }
  EXPECT_EQ(out["root"].as<float>(), root);
  EXPECT_EQ(out["fake"].as<float>(), fake);
  EXPECT_EQ(out["least"].as<int64_t>(), least);
  EXPECT_EQ(out["neither"].as<uint8_t>(), neither);
  EXPECT_EQ(out["count"].as<int64_t>(), std::vector<int64_t>{count});
  EXPECT_TRUE(out["count"].shape.empty());
  EXPECT_EQ(out["own"].as<float>(), own);
  EXPECT_EQ(out["turned"].as<float>(), own);
}

}  // namespace
}  // namespace octavo::emit::test
