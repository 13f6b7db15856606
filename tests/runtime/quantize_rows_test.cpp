#include "runtime/kernels/quantize_rows/quantize_rows.h"

#include "runtime/tensor.h"
#include "tests/runtime/support.h"

namespace octavo::testing {
namespace {

// q and scale together, so that one comparison covers both.
std::vector<float> run(const Context& ctx, int64_t rows, int64_t k, const std::vector<float>& x, int64_t ldx,
                       float static_scale = 0) {
  const int64_t k4 = round_up(k, 4);
  std::vector<uint8_t> q(static_cast<size_t>(rows * k4), 77);
  std::vector<float> out(static_cast<size_t>(rows), -1.0f);
  quantize_rows(ctx, rows, k, x.data(), ldx, q.data(), out.data(), static_scale);
  out.insert(out.end(), q.begin(), q.end());
  return out;
}

// The formula of the header in plain code.
std::vector<float> reference(int64_t rows, int64_t k, const std::vector<float>& x, int64_t ldx, float static_scale) {
  std::vector<float> scale, q;
  for (int64_t r = 0; r < rows; ++r) {
    float absmax = 0;
    for (int64_t i = 0; i < k; ++i) absmax = std::max(absmax, std::abs(x[static_cast<size_t>(r * ldx + i)]));
    const float inverse = static_scale > 0 ? 1.0f / static_scale : absmax > 0 ? 127.0f / absmax : 0.0f;
    scale.push_back(static_scale > 0 ? static_scale : absmax / 127.0f);
    for (int64_t i = 0; i < round_up(k, 4); ++i) {
      const float v = i < k ? x[static_cast<size_t>(r * ldx + i)] * inverse : 0.0f;
      q.push_back(128 + std::nearbyint(std::min(std::max(v, -127.0f), 127.0f)));
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
  same_everywhere([&](const Context& c) { return run(c, 64, 33, x, 33); });
}

}  // namespace
}  // namespace octavo::testing
