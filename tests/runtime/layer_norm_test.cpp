#include "runtime/kernels/layer_norm/layer_norm.h"

#include "runtime/kernels/quantize_rows/quantize_rows.h"
#include "runtime/tensor.h"
#include "tests/runtime/support.h"

namespace octavo::testing {
namespace {

struct Data {
  int64_t rows, width;
  std::vector<float> x, residual, gamma, beta;
};

Data random_data(Random& random, int64_t rows, int64_t width, float offset = 0.0f) {
  Data d{rows,
         width,
         random.normal(rows * width),
         random.normal(rows * width),
         random.normal(width),
         random.normal(width)};
  for (float& v : d.x) v += offset;
  return d;
}

std::vector<float> run(const Context& ctx, const Data& d, bool full, float static_scale = 0) {
  const auto k4 = static_cast<size_t>(round_up(d.width, 4));
  std::vector<float> y(d.x.size()), scale(static_cast<size_t>(d.rows));
  std::vector<uint8_t> q(static_cast<size_t>(d.rows) * k4);
  LayerNorm a;
  a.rows = d.rows;
  a.width = d.width;
  a.x = d.x.data();
  a.y = y.data();
  a.eps = 1e-12f;
  if (full) {
    a.residual = d.residual.data();
    a.gamma = d.gamma.data();
    a.beta = d.beta.data();
    a.q = q.data();
    a.q_scale = scale.data();
    a.static_scale = static_scale;
  }
  layer_norm(ctx, a);
  if (full) {
    y.insert(y.end(), scale.begin(), scale.end());
    y.insert(y.end(), q.begin(), q.end());
  }
  return y;
}

// Against double. A sum of n terms by 16 lanes and a tree passes through n/16 + 4 roundings, and so do the squares; both
// move the normalised value by their relative error. t itself is rounded where a residual is added.
TEST(LayerNorm, ErrorIsWithinItsBound) {
  Random random(1);
  for (int64_t rows : {1, 3})
    for (int64_t width : {1, 5, 16, 17, 31, 384, 769})
      for (bool full : {false, true}) {
        const Data d = random_data(random, rows, width, 3.0f);
        const auto y = same_everywhere([&](const Context& c) { return run(c, d, full); });
        for (int64_t r = 0; r < rows; ++r) {
          std::vector<double> t(static_cast<size_t>(width));
          double mean = 0, largest = 0, var = 0;
          for (int64_t i = 0; i < width; ++i) {
            const auto at = static_cast<size_t>(r * width + i);
            t[static_cast<size_t>(i)] = full ? d.x[at] + d.residual[at] : d.x[at];
            mean += t[static_cast<size_t>(i)] / static_cast<double>(width);
            largest = std::max(largest, std::abs(t[static_cast<size_t>(i)]));
          }
          for (double v : t) var += (v - mean) * (v - mean) / static_cast<double>(width);
          if (width == 1) continue;  // 0/0 up to rounding: covered by the exact test below
          const double inverse = 1 / std::sqrt(var + double{1e-12f});
          const double steps = static_cast<double>(width) / 16 + 8;
          for (int64_t i = 0; i < width; ++i) {
            const double g = full ? d.gamma[static_cast<size_t>(i)] : 1, b = full ? d.beta[static_cast<size_t>(i)] : 0;
            const double z = (t[static_cast<size_t>(i)] - mean) * inverse;
            // The mean is off by steps * eps * largest, which moves every z, and through the squares the scale of z again.
            const double shift = steps * kEps * largest * inverse;
            const double bound = std::abs(g) * (shift + std::abs(z) * (shift * shift + 2 * steps * kEps)) +
                                 4 * kEps * (std::abs(g * z) + std::abs(b));
            EXPECT_LE(std::abs(y[static_cast<size_t>(r * width + i)] - (z * g + b)), bound) << width << " " << i;
          }
        }
      }
}

TEST(LayerNorm, QuantisesWhatItWrites) {
  Random random(2);
  for (int64_t width : {4, 31, 384})
    for (float static_scale : {0.0f, 0.05f}) {
      const Data d = random_data(random, 5, width);
      const auto all = same_everywhere([&](const Context& c) { return run(c, d, true, static_scale); });
      std::vector<uint8_t> q(static_cast<size_t>(5 * round_up(width, 4)));
      std::vector<float> expected(all.begin(), all.begin() + 5 * width), scale(5);
      quantize_rows(context("scalar"), 5, width, all.data(), width, q.data(), scale.data(), static_scale);
      expected.insert(expected.end(), scale.begin(), scale.end());
      expected.insert(expected.end(), q.begin(), q.end());
      EXPECT_TRUE(same_bits(expected, all));
    }
}

TEST(LayerNorm, AConstantRowIsBeta) {
  Data d{1,
         20,
         std::vector<float>(20, 2.5f),
         std::vector<float>(20, 0.0f),
         std::vector<float>(20, 3.0f),
         std::vector<float>(20, 0.25f)};
  const auto y = same_everywhere([&](const Context& c) { return run(c, d, true); });
  for (size_t i = 0; i < 20; ++i) EXPECT_EQ(y[i], 0.25f);
}

TEST(LayerNorm, MayWriteOverItsInput) {
  Random random(3);
  const Data d = random_data(random, 7, 45);
  const auto expected = run(context("scalar"), d, false);
  for (const Context& ctx : contexts()) {
    auto y = d.x;
    LayerNorm a;
    a.rows = 7;
    a.width = 45;
    a.x = a.y = y.data();
    a.eps = 1e-12f;
    layer_norm(ctx, a);
    EXPECT_TRUE(same_bits(expected, y));
  }
}

TEST(LayerNorm, NaNStaysInItsRow) {
  Random random(4);
  Data d = random_data(random, 2, 33);
  d.x[40] = kNaN;
  const auto y = same_everywhere([&](const Context& c) { return run(c, d, false); });
  for (size_t i = 0; i < 66; ++i) EXPECT_EQ(std::isnan(y[i]), i >= 33);
}

TEST(LayerNorm, TheSameBitsForAnyInput) {
  Random random(5);
  Data d = random_data(random, 40, 67);
  d.x = random.any_bits(40 * 67);
  same_everywhere([&](const Context& c) { return run(c, d, true); });
  d.rows = 0;
  d.x.clear();
  same_everywhere([&](const Context& c) { return run(c, d, false); });
}

}  // namespace
}  // namespace octavo::testing
