#include "runtime/kernels/softmax/softmax.h"

#include "runtime/error.h"
#include "tests/runtime/support.h"

namespace octavo::testing {
namespace {

std::vector<float> run(const Context& ctx, const std::vector<float>& x, std::initializer_list<int64_t> shape, int dim) {
  std::vector<float> y(x.size());
  softmax(ctx, contiguous(y.data(), shape), contiguous(x.data(), shape), dim);
  return y;
}

// exp is off by 4 eps; the sum passes n/16 + 4 roundings; then a division and a product.
double bound(int64_t n) { return (4 + 4 + static_cast<double>(n) / 16 + 4 + 2) * kEps; }

TEST(Softmax, ErrorIsWithinItsBoundAlongAnyDim) {
  Random random(1);
  for (int64_t n : {1, 2, 15, 16, 17, 33, 130}) {
    const auto x = random.normal(3 * n * 5, 4.0f);
    const auto y = same_everywhere([&](const Context& c) { return run(c, x, {3, n, 5}, 1); });
    for (int64_t a = 0; a < 3; ++a)
      for (int64_t b = 0; b < 5; ++b) {
        const auto at = [&](int64_t i) { return static_cast<size_t>((a * n + i) * 5 + b); };
        double top = -1e30, sum = 0;
        for (int64_t i = 0; i < n; ++i) top = std::max(top, double{x[at(i)]});
        for (int64_t i = 0; i < n; ++i) sum += std::exp(x[at(i)] - top);
        for (int64_t i = 0; i < n; ++i) {
          const double exact = std::exp(x[at(i)] - top) / sum;
          // x - max is rounded: up to |x - max| eps in the exponent.
          EXPECT_LE(std::abs(y[at(i)] - exact), exact * (bound(n) + std::abs(x[at(i)] - top) * kEps));
        }
      }
  }
}

TEST(Softmax, TheLastDimAndAStridedOneAgree) {
  Random random(2);
  const int64_t n = 37;
  const auto x = random.normal(n);
  for (const Context& c : contexts()) EXPECT_TRUE(same_bits(run(c, x, {1, n}, 1), run(c, x, {n, 1}, 0)));
}

TEST(Softmax, RowsThatHaveNoAnswerAreNaN) {
  for (const Context& c : contexts()) {
    EXPECT_TRUE(same_bits(run(c, {-kInf, -kInf, 1, kNaN, kInf, 0, -kInf, 0}, {4, 2}, 1),
                          {kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, 0, 1}));
  }
}

TEST(Softmax, AddingKeysThatVanishChangesNothing) {
  Random random(3);
  for (int64_t n : {1, 15, 16, 17, 40}) {
    const auto x = random.normal(n);
    auto padded = x;
    padded.resize(static_cast<size_t>(n + 23), -1e4f);
    for (const Context& c : contexts()) {
      auto y = run(c, padded, {n + 23}, 0);
      for (int64_t i = n; i < n + 23; ++i) EXPECT_TRUE(same_bits(y[static_cast<size_t>(i)], 0.0f));
      y.resize(static_cast<size_t>(n));
      EXPECT_TRUE(same_bits(run(c, x, {n}, 0), y));
    }
  }
}

TEST(Softmax, EmptyAndWrongArguments) {
  for (const Context& c : contexts()) {
    EXPECT_TRUE(run(c, {}, {0, 4}, 1).empty());
    EXPECT_TRUE(run(c, {}, {4, 0}, 1).empty());
    EXPECT_THROW(run(c, {1, 2}, {2}, 1), Error);
    EXPECT_THROW(run(c, {1, 2}, {2}, -1), Error);
  }
}

}  // namespace
}  // namespace octavo::testing
