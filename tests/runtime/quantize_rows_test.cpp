#include "runtime/kernels/quantize_rows/quantize_rows.h"

#include "runtime/error.h"
#include "runtime/tensor.h"
#include "tests/runtime/support.h"

namespace octavo::testing {
namespace {

// q and scale together, so that one comparison covers both.
std::vector<float> run(const Context& ctx, int64_t rows, int64_t k, const std::vector<float>& x, int64_t ldx,
                       float static_scale = 0, int32_t zero_point = 128) {
  const int64_t k4 = round_up(k, 4);
  std::vector<uint8_t> q(static_cast<size_t>(rows * k4), 77);
  std::vector<float> out(static_cast<size_t>(rows), -1.0f);
  quantize_rows(ctx, rows, k, x.data(), ldx, q.data(), out.data(), static_scale, zero_point);
  out.insert(out.end(), q.begin(), q.end());
  return out;
}

// The formula of the header in plain code.
std::vector<float> reference(int64_t rows, int64_t k, const std::vector<float>& x, int64_t ldx, float static_scale,
                             int32_t zero_point = 128) {
  const float top = static_cast<float>(255 - zero_point), bottom = std::min(static_cast<float>(zero_point), 127.0f);
  std::vector<float> scale, q;
  for (int64_t r = 0; r < rows; ++r) {
    float peak = 0;
    for (int64_t i = 0; i < k; ++i) {
      const float value = x[static_cast<size_t>(r * ldx + i)];
      peak = std::max(peak, value > 0 ? value : -value * (top / bottom));
    }
    const float inverse = static_scale > 0 ? 1.0f / static_scale : peak > 0 ? top / peak : 0.0f;
    scale.push_back(static_scale > 0 ? static_scale : peak / top);
    for (int64_t i = 0; i < round_up(k, 4); ++i) {
      const float v = i < k ? x[static_cast<size_t>(r * ldx + i)] * inverse : 0.0f;
      q.push_back(static_cast<float>(zero_point) + std::nearbyint(std::min(std::max(v, -bottom), top)));
    }
  }
  scale.insert(scale.end(), q.begin(), q.end());
  return scale;
}

TEST(QuantizeRows, IsTheFormulaBitForBit) {
  Random random(1);
  for (int64_t rows : {1, 2, 5})
    for (int64_t k : {1, 3, 4, 15, 16, 17, 31, 100, 384}) {
      const int64_t ldx = k + random.integer(0, 3);
      const auto x = random.normal(rows * ldx, 5.0f);
      for (float static_scale : {0.0f, 0.03f})
        EXPECT_TRUE(same_bits(reference(rows, k, x, ldx, static_scale),
                              same_everywhere([&](const Context& c) { return run(c, rows, k, x, ldx, static_scale); })))
            << rows << " x " << k;
    }
}

TEST(QuantizeRows, AnyZeroPointIsTheFormulaBitForBit) {
  Random random(3);
  for (int32_t zero_point : {1, 2, 20, 32, 126, 127, 128})
    for (int64_t k : {1, 5, 16, 31, 100}) {
      auto x = random.normal(4 * k);
      for (size_t i = 0; i < x.size(); ++i)
        if (i / static_cast<size_t>(k) % 2 == 1) x[i] = std::max(x[i], -0.17f);  // rows whose top decides, and others
      for (float static_scale : {0.0f, 0.03f})
        EXPECT_TRUE(same_bits(reference(4, k, x, k, static_scale, zero_point), same_everywhere([&](const Context& c) {
                                return run(c, 4, k, x, k, static_scale, zero_point);
                              })))
            << "zero point " << zero_point << " k " << k;
    }
}

TEST(QuantizeRows, ALowZeroPointFillsTheGrid) {
  // Peak 235 above 20, 20 below it.
  const std::vector<float> expected = {1.0f, 255, 20, 0, 21};
  for (const Context& c : contexts())
    EXPECT_TRUE(same_bits(expected, run(c, 1, 4, {235.0f, 0.0f, -20.0f, 1.0f}, 4, 0, 20)));
  // Twice as far below: the negative side decides, and nothing is clamped.
  const std::vector<float> below = {2.0f, 20, 20, 0, 20};
  for (const Context& c : contexts())
    EXPECT_TRUE(same_bits(below, run(c, 1, 4, {1.0f, 0.0f, -40.0f, -1.0f}, 4, 0, 20)));
}

TEST(QuantizeRows, ZeroPointsOutsideTheGridAreRefused) {
  for (int32_t zero_point : {-1, 0, 129, 255})
    for (const Context& c : contexts()) EXPECT_THROW((void)run(c, 1, 1, {1.0f}, 1, 0, zero_point), Error);
}

TEST(QuantizeRows, TiesGoToEven) {
  // absmax 127 makes the inverse exactly 1.
  const std::vector<float> x = {127.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, 126.5f};
  const std::vector<float> expected = {1.0f, 255, 128, 130, 130, 128, 126, 126, 254};
  for (const Context& c : contexts()) EXPECT_TRUE(same_bits(expected, run(c, 1, 8, x, 8)));
}

TEST(QuantizeRows, AZeroRowHasScaleZero) {
  for (float v : {0.0f, -0.0f, 1e-38f, 0x1p-149f})
    for (const Context& c : contexts())
      EXPECT_TRUE(same_bits({0, 128, 128, 128, 128, 128, 128, 128, 128}, run(c, 1, 5, std::vector<float>(5, v), 5)));
}

TEST(QuantizeRows, ARowThatIsNotFiniteIsPoisonedAndItsNeighboursAreNot) {
  for (float bad : {kNaN, kInf, -kInf})
    for (float static_scale : {0.0f, 0.1f})
      for (int64_t place : {0, 7, 18}) {
        std::vector<float> x(40, 1.0f);
        x[static_cast<size_t>(place)] = bad;
        for (const Context& c : contexts()) {
          const auto out = run(c, 2, 20, x, 20, static_scale);
          EXPECT_TRUE(std::isnan(out[0]));
          EXPECT_FLOAT_EQ(out[1], static_scale > 0 ? static_scale : 1.0f / 127);
          for (int i = 0; i < 20; ++i) EXPECT_EQ(out[static_cast<size_t>(2 + i)], 128);
        }
      }
}

TEST(QuantizeRows, AStaticScaleSaturates) {
  for (const Context& c : contexts())
    EXPECT_TRUE(same_bits({0.5f, 255, 1, 130, 128}, run(c, 1, 4, {1e20f, -1e20f, 1.0f, 0.0f}, 4, 0.5f)));
}

TEST(QuantizeRows, EmptyIsFine) {
  for (const Context& c : contexts()) EXPECT_TRUE(run(c, 0, 8, {}, 8).empty());
}

TEST(QuantizeRows, TheSameBitsForAnyInput) {
  Random random(2);
  const auto x = random.any_bits(64 * 33);
  for (int32_t zero_point : {1, 20, 128})
    same_everywhere([&](const Context& c) { return run(c, 64, 33, x, 33, 0, zero_point); });
}

}  // namespace
}  // namespace octavo::testing
