#include "runtime/kernels/linear_f32/linear_f32.h"

#include "runtime/kernels/linear_f32/pack.h"
#include "tests/runtime/support.h"

namespace octavo::testing {
namespace {

std::vector<float> run(const Context& ctx, int64_t rows, const std::vector<float>& x, int64_t ldx,
                       const PackedF32Data& w, Activation activation, int64_t ldy, Residual residual = {}) {
  std::vector<float> y(static_cast<size_t>(rows * ldy), 123.0f);
  linear_f32(ctx, rows, x.data(), ldx, w.view(), activation, y.data(), ldy, residual);
  return y;
}

// k ascending with fma from +0, then the bias: the definition, in a plain loop.
std::vector<float> reference(int64_t rows, const std::vector<float>& x, int64_t ldx, const std::vector<float>& w,
                             const std::vector<float>& bias, int64_t n, int64_t k) {
  std::vector<float> y;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < n; ++c) {
      float acc = 0;
      for (int64_t i = 0; i < k; ++i)
        acc = std::fma(x[static_cast<size_t>(r * ldx + i)], w[static_cast<size_t>(c * k + i)], acc);
      y.push_back(acc + (bias.empty() ? 0.0f : bias[static_cast<size_t>(c)]));
    }
  return y;
}

TEST(LinearF32, IsTheDefinitionBitForBit) {
  Random random(1);
  for (int64_t rows : {0, 1, 2, 3, 4, 5, 6, 7, 13, 17})
    for (auto [n, k] :
         std::initializer_list<std::pair<int64_t, int64_t>>{{1, 1}, {16, 3}, {17, 40}, {50, 129}, {5, 0}}) {
      const int64_t ldx = k + 2;
      const auto x = random.normal(rows * ldx);
      const auto w = random.normal(n * k);
      const auto bias = rows % 2 == 0 ? random.normal(n) : std::vector<float>{};
      const auto packed = pack_linear_f32(w.data(), bias.empty() ? nullptr : bias.data(), n, k);
      EXPECT_TRUE(same_bits(reference(rows, x, ldx, w, bias, n, k), same_everywhere([&](const Context& c) {
                              return run(c, rows, x, ldx, packed, Activation::none, n);
                            })))
          << rows << " x " << n << " x " << k;
    }
}

// Rows longer than the block that stays in the cache, and the activation in the epilogue.
TEST(LinearF32, BlocksOfRowsChangeNothing) {
  Random random(2);
  const int64_t rows = 40, n = 33, k = 5000, ld = n + 2;
  const auto x = random.normal(rows * k);
  const auto w = random.normal(n * k, 0.01f);
  const auto packed = pack_linear_f32(w.data(), w.data(), n, k);
  auto expected = reference(rows, x, k, w, {w.begin(), w.begin() + n}, n, k);
  choose_kernels("scalar").unary(UnaryOp::gelu_erf, rows * n, expected.data(), expected.data());
  const auto residual = random.normal(rows * ld);
  auto with_residual = expected;
  for (int64_t i = 0; i < rows * n; ++i)
    with_residual[static_cast<size_t>(i)] += residual[static_cast<size_t>(i / n * ld + i % n)];
  for (const char* isa : runnable())
    for (int threads : {1, 3}) {
      const Context& c = context(isa, threads);
      EXPECT_TRUE(same_bits(expected, run(c, rows, x, k, packed, Activation::gelu_erf, n)));
      EXPECT_TRUE(same_bits(with_residual, run(c, rows, x, k, packed, Activation::gelu_erf, n, {residual.data(), ld})));
    }
}

// Against double: k roundings of partial sums, each within the sum of magnitudes.
TEST(LinearF32, ErrorIsWithinTheBoundOfARunningSum) {
  Random random(3);
  const int64_t rows = 3, n = 20, k = 777;
  const auto x = random.normal(rows * k);
  const auto w = random.normal(n * k);
  const auto packed = pack_linear_f32(w.data(), nullptr, n, k);
  for (const char* isa : runnable()) {
    const auto y = run(context(isa), rows, x, k, packed, Activation::none, n);
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < n; ++c) {
        double exact = 0, magnitude = 0;
        for (int64_t i = 0; i < k; ++i) {
          const double term = double{x[static_cast<size_t>(r * k + i)]} * w[static_cast<size_t>(c * k + i)];
          exact += term;
          magnitude += std::abs(term);
        }
        EXPECT_LE(std::abs(y[static_cast<size_t>(r * n + c)] - exact), static_cast<double>(k + 1) * kEps * magnitude);
      }
  }
}

// Every kind of tile: no row takes anything from its neighbours, whatever they hold.
TEST(LinearF32, NaNAndInfinityStayInTheirRow) {
  Random random(5);
  const int64_t n = 35, k = 24;
  const auto w = random.normal(n * k);
  const auto packed = pack_linear_f32(w.data(), nullptr, n, k);
  for (float bad : {kNaN, kInf, -kInf})
    for (int64_t rows = 1; rows < 15; ++rows) {
      auto x = random.normal(rows * k);
      const auto clean = run(context("scalar"), rows, x, k, packed, Activation::none, n);
      const int64_t row = rows / 2;
      x[static_cast<size_t>(row * k + 3)] = bad;
      const auto y = same_everywhere([&](const Context& c) { return run(c, rows, x, k, packed, Activation::none, n); });
      for (int64_t i = 0; i < rows * n; ++i) {
        const auto at = static_cast<size_t>(i);
        if (i / n != row) {
          EXPECT_TRUE(same_bits(clean[at], y[at]));
        } else {
          EXPECT_FALSE(std::isfinite(y[at]));
        }
      }
    }
}

TEST(LinearF32, TheSameBitsForAnyInput) {
  Random random(6);
  const auto w = random.any_bits(20 * 31);
  const auto packed = pack_linear_f32(w.data(), w.data(), 20, 31);
  for (int64_t rows : {1, 2, 3, 9})
    for (Activation activation : {Activation::none, Activation::relu, Activation::gelu_erf, Activation::gelu_tanh,
                                  Activation::tanh, Activation::silu, Activation::sigmoid}) {
      const auto x = random.any_bits(rows * 31);
      same_everywhere([&](const Context& c) { return run(c, rows, x, 31, packed, activation, 20); });
    }
}

TEST(LinearF32, LeavesTheGapBetweenRowsAlone) {
  Random random(4);
  const auto x = random.normal(4 * 8);
  const auto w = random.normal(18 * 8);
  const auto packed = pack_linear_f32(w.data(), nullptr, 18, 8);
  const auto y = same_everywhere([&](const Context& c) { return run(c, 4, x, 8, packed, Activation::none, 20); });
  for (size_t r = 0; r < 4; ++r) EXPECT_EQ(y[r * 20 + 18], 123.0f);
}

}  // namespace
}  // namespace octavo::testing
