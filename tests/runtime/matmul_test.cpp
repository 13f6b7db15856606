#include "runtime/kernels/matmul/matmul.h"

#include "runtime/error.h"
#include "tests/runtime/support.h"

namespace octavo::testing {
namespace {

TEST(Matmul, IsTheDefinitionForAnyStridesAndBroadcastBatches) {
  Random random(1);
  for (int64_t m : {1, 5, 6, 7, 13})
    for (auto [n, k] : std::initializer_list<std::pair<int64_t, int64_t>>{{1, 1}, {16, 7}, {17, 16}, {40, 33}})
      for (bool transposed : {false, true}) {
        // a [2,1,m,k], b [3,k,n] or the transpose of [3,n,k] -> [2,3,m,n]
        const auto a = random.normal(2 * m * k);
        const auto b = random.normal(3 * k * n);
        const View va = contiguous(a.data(), {2, 1, m, k});
        const View vb = transposed ? strided(b.data(), {3, k, n}, {n * k, 1, k}) : contiguous(b.data(), {3, k, n});
        const auto y = same_everywhere([&](const Context& c) {
          std::vector<float> out(static_cast<size_t>(6 * m * n));
          matmul(c, contiguous(out.data(), {2, 3, m, n}), va, vb);
          return out;
        });
        std::vector<float> expected;
        for (int64_t p = 0; p < 2; ++p)
          for (int64_t q = 0; q < 3; ++q)
            for (int64_t i = 0; i < m; ++i)
              for (int64_t j = 0; j < n; ++j) {
                float acc = 0;
                for (int64_t l = 0; l < k; ++l)
                  acc = std::fma(a[static_cast<size_t>((p * m + i) * k + l)],
                                 b[static_cast<size_t>(q * k * n + (transposed ? j * k + l : l * n + j))], acc);
                expected.push_back(acc);
              }
        EXPECT_TRUE(same_bits(expected, y)) << m << " " << n << " " << k << " " << transposed;
      }
}

// Longer than one block of k: the accumulators carry over, so the sum is still in one piece.
TEST(Matmul, BlocksOfKChangeNothing) {
  Random random(2);
  const int64_t m = 8, n = 19, k = 9000;
  const auto a = random.normal(m * k);
  const auto b = random.normal(k * n);
  const auto y = same_everywhere([&](const Context& c) {
    std::vector<float> out(static_cast<size_t>(m * n));
    matmul(c, contiguous(out.data(), {m, n}), contiguous(a.data(), {m, k}), contiguous(b.data(), {k, n}));
    return out;
  });
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      float acc = 0;
      for (int64_t l = 0; l < k; ++l)
        acc = std::fma(a[static_cast<size_t>(i * k + l)], b[static_cast<size_t>(l * n + j)], acc);
      EXPECT_TRUE(same_bits(acc, y[static_cast<size_t>(i * n + j)]));
    }
}

TEST(Matmul, EmptyAndWrongShapes) {
  const std::vector<float> x(64, 1.0f);
  std::vector<float> y(64, 7.0f);
  for (const Context& c : contexts()) {
    matmul(c, contiguous(y.data(), {0, 4}), contiguous(x.data(), {0, 2}), contiguous(x.data(), {2, 4}));
    matmul(c, contiguous(y.data(), {2, 2}), contiguous(x.data(), {2, 0}), contiguous(x.data(), {0, 2}));
    EXPECT_EQ(y[0], 0.0f);
    const auto out = contiguous(y.data(), {2, 2});
    EXPECT_THROW(matmul(c, out, contiguous(x.data(), {2, 3}), contiguous(x.data(), {4, 2})), Error);
    EXPECT_THROW(matmul(c, out, contiguous(x.data(), {4}), contiguous(x.data(), {4, 2})), Error);
    EXPECT_THROW(matmul(c, out, contiguous(x.data(), {3, 2, 2}), contiguous(x.data(), {2, 2})), Error);
  }
}

}  // namespace
}  // namespace octavo::testing
