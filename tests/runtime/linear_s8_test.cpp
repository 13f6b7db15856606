#include "runtime/kernels/linear_s8/linear_s8.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "runtime/error.h"
#include "runtime/kernels/linear_s8/pack.h"
#include "runtime/kernels/quantize_rows/quantize_rows.h"
#include "runtime/tensor.h"
#include "tests/runtime/support.h"

namespace octavo::testing {
namespace {

struct Case {
  int64_t rows, n, k;
  std::vector<uint8_t> q;  // [rows, round_up(k, 4)]
  std::vector<float> q_scale;
  std::vector<int8_t> w;  // [n, k]
  std::vector<float> w_scale, bias;

  PackedS8Data pack() const {
    return pack_linear_s8(w.data(), w_scale.data(), bias.empty() ? nullptr : bias.data(), n, k);
  }
};

Case random_case(Random& random, int64_t rows, int64_t n, int64_t k) {
  Case c{rows, n, k, {}, {}, {}, {}, {}};
  for (int64_t v : random.integers(rows * round_up(k, 4), 0, 255)) c.q.push_back(static_cast<uint8_t>(v));
  for (int64_t v : random.integers(n * k, -127, 127)) c.w.push_back(static_cast<int8_t>(v));
  for (float v : random.normal(rows)) c.q_scale.push_back(std::abs(v) * 0.01f);
  for (float v : random.normal(n)) c.w_scale.push_back(std::abs(v) * 0.01f);
  c.bias = random.normal(n);
  return c;
}

std::vector<float> run(const Context& ctx, const Case& c, Activation activation = Activation::none, int64_t gap = 0) {
  const PackedS8Data packed = c.pack();
  const int64_t ldy = c.n + gap;
  std::vector<float> y(static_cast<size_t>(c.rows * ldy), 123.0f);
  linear_s8(ctx, c.rows, c.q.data(), c.q_scale.data(), packed.view(), activation, y.data(), ldy);
  return y;
}

// The formula of the header: exact integers, then the two float operations of the epilogue.
std::vector<float> reference(const Case& c) {
  std::vector<float> y;
  const int64_t k4 = round_up(c.k, 4);
  for (int64_t r = 0; r < c.rows; ++r)
    for (int64_t n = 0; n < c.n; ++n) {
      int64_t acc = 0;
      for (int64_t k = 0; k < c.k; ++k)
        acc += (int64_t{c.q[static_cast<size_t>(r * k4 + k)]} - 128) * c.w[static_cast<size_t>(n * c.k + k)];
      EXPECT_EQ(acc, static_cast<int32_t>(acc));
      const auto column = static_cast<size_t>(n);
      y.push_back(std::fma(static_cast<float>(static_cast<int32_t>(acc)) * c.q_scale[static_cast<size_t>(r)],
                           c.w_scale[column], c.bias.empty() ? 0.0f : c.bias[column]));
    }
  return y;
}

TEST(LinearS8, IsTheFormulaBitForBit) {
  Random random(3);
  for (int64_t rows = 1; rows <= 17; ++rows)
    for (auto [n, k] :
         std::initializer_list<std::pair<int64_t, int64_t>>{{1, 1}, {7, 5}, {16, 4}, {17, 30}, {33, 67}, {48, 384}}) {
      Case c = random_case(random, rows, n, k);
      if (rows % 3 == 0) c.bias.clear();
      EXPECT_TRUE(same_bits(reference(c), same_everywhere([&](const Context& x) { return run(x, c); })))
          << rows << " x " << n << " x " << k;
    }
}

TEST(LinearS8, LongRowsPassThroughTheScratchInBlocks) {
  Random random(4);
  for (auto [rows, k] : std::initializer_list<std::pair<int64_t, int64_t>>{{40, 9001}, {3, 65793}}) {
    const Case c = random_case(random, rows, 18, k);
    EXPECT_TRUE(same_bits(reference(c), same_everywhere([&](const Context& x) { return run(x, c); }))) << k;
  }
}

// 255 x 127 in every place, in pairs of one sign and of both: whatever saturates int16 anywhere fails here.
TEST(LinearS8, NothingSaturates) {
  for (int64_t k : {2, 4, 1024, 65792})
    for (int pattern = 0; pattern < 4; ++pattern) {
      Case c{2, 16, k, {}, {1.0f, 1.0f}, {}, std::vector<float>(16, 1.0f), std::vector<float>(16, 0.0f)};
      c.q.assign(static_cast<size_t>(2 * round_up(k, 4)), pattern == 3 ? 0 : 255);
      for (int64_t i = 0; i < 16 * k; ++i) {
        const bool negative = pattern == 1 || (pattern == 2 && (i / 2) % 2 == 1);
        c.w.push_back(negative ? -127 : 127);
      }
      EXPECT_TRUE(same_bits(reference(c), same_everywhere([&](const Context& x) { return run(x, c); })))
          << k << ", pattern " << pattern;
    }
}

TEST(LinearS8, LeavesTheGapBetweenRowsAlone) {
  Random random(5);
  const Case c = random_case(random, 5, 21, 12);
  const auto y = same_everywhere([&](const Context& x) { return run(x, c, Activation::none, 3); });
  for (int64_t r = 0; r < 5; ++r)
    for (int64_t i = 21; i < 24; ++i) EXPECT_EQ(y[static_cast<size_t>(r * 24 + i)], 123.0f);
}

TEST(LinearS8, TheActivationIsTheOneOfTheUnaryOperator) {
  Random random(6);
  const Case c = random_case(random, 9, 37, 64);
  const auto plain = run(context("scalar"), c);
  const std::pair<Activation, UnaryOp> pairs[] = {
      {Activation::relu, UnaryOp::relu},           {Activation::gelu_erf, UnaryOp::gelu_erf},
      {Activation::gelu_tanh, UnaryOp::gelu_tanh}, {Activation::tanh, UnaryOp::tanh},
      {Activation::silu, UnaryOp::silu},           {Activation::sigmoid, UnaryOp::sigmoid}};
  for (auto [activation, op] : pairs) {
    std::vector<float> expected(plain.size());
    choose_kernels("scalar").unary(op, static_cast<int64_t>(plain.size()), expected.data(), plain.data());
    EXPECT_TRUE(same_bits(expected, same_everywhere([&](const Context& x) { return run(x, c, activation); })));
  }
}

TEST(LinearS8, TheResidualIsAddedBehindTheActivation) {
  Random random(10);
  for (auto [rows, n] : std::initializer_list<std::pair<int64_t, int64_t>>{{1, 5}, {3, 16}, {9, 37}, {14, 64}}) {
    const Case c = random_case(random, rows, n, 40);
    const int64_t ld = n + 3;
    const auto residual = random.normal(rows * ld);
    auto expected = run(context("scalar"), c, Activation::gelu_erf);
    for (int64_t i = 0; i < rows * n; ++i)
      expected[static_cast<size_t>(i)] += residual[static_cast<size_t>(i / n * ld + i % n)];
    const PackedS8Data packed = c.pack();
    EXPECT_TRUE(same_bits(expected, same_everywhere([&](const Context& x) {
                            std::vector<float> y(expected.size());
                            linear_s8(x, rows, c.q.data(), c.q_scale.data(), packed.view(), Activation::gelu_erf,
                                      y.data(), n, {residual.data(), ld});
                            return y;
                          })));
  }
}

TEST(LinearS8, APoisonedRowGivesNaNAndItsNeighbourDoesNot) {
  Random random(7);
  Case c = random_case(random, 3, 20, 16);
  c.q_scale[1] = kNaN;
  const auto y = same_everywhere([&](const Context& x) { return run(x, c); });
  for (size_t i = 0; i < 60; ++i) EXPECT_EQ(std::isnan(y[i]), i / 20 == 1) << i;
}

// q and scale of y together, made by the product itself or by quantize_rows of its floats.
struct Quantised {
  Activation activation;
  float static_scale;
  int32_t zero_point;

  std::vector<float> at_once(const Context& ctx, const Case& c, const PackedS8& w) const {
    const int64_t bytes = static_scale > 0 ? 0 : linear_s8_quantized_scratch_bytes(c.rows, c.n, ctx.threads.count());
    std::vector<std::byte> scratch(static_cast<size_t>(bytes + 64));
    void* aligned = scratch.data() + (64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64) % 64;
    return rows(c, [&](uint8_t* q, float* scale) {
      linear_s8_quantized(ctx, c.rows, c.q.data(), c.q_scale.data(), w, activation,
                          {q, scale, static_scale, zero_point}, bytes > 0 ? aligned : nullptr);
    });
  }
  std::vector<float> afterwards(const Context& ctx, const Case& c, const PackedS8& w) const {
    std::vector<float> y(static_cast<size_t>(c.rows * c.n));
    linear_s8(ctx, c.rows, c.q.data(), c.q_scale.data(), w, activation, y.data(), c.n);
    return rows(c, [&](uint8_t* q, float* scale) {
      quantize_rows(ctx, c.rows, c.n, y.data(), c.n, q, scale, static_scale, zero_point);
    });
  }

 private:
  template <typename Fill>
  static std::vector<float> rows(const Case& c, Fill fill) {
    std::vector<uint8_t> q(static_cast<size_t>(c.rows * round_up(c.n, 4)), 77);
    std::vector<float> all(static_cast<size_t>(c.rows), -1.0f);
    fill(q.data(), all.data());
    all.insert(all.end(), q.begin(), q.end());
    return all;
  }
};

// For each instruction set and 1 to 3 threads. Returns how many rows were poisoned.
int64_t expect_at_once_is_afterwards(const Case& c, const Quantised& how, int32_t zero_point_of_q = 128) {
  const PackedS8Data packed = pack_linear_s8(c.w.data(), c.w_scale.data(), c.bias.data(), c.n, c.k, zero_point_of_q);
  const auto expected = how.afterwards(context("scalar"), c, packed.view());
  const auto got = same_everywhere([&](const Context& x) { return how.at_once(x, c, packed.view()); });
  EXPECT_TRUE(same_bits(expected, got)) << c.rows << " x " << c.n << " x " << c.k << ", static scale "
                                        << how.static_scale << ", about " << how.zero_point;
  return std::count_if(expected.begin(), expected.end(), [](float v) { return std::isnan(v); });
}

TEST(LinearS8, QuantisedAtOnceIsTheProductThenQuantizeRows) {
  Random random(10);
  for (auto [n, k] :
       std::initializer_list<std::pair<int64_t, int64_t>>{{1, 3}, {5, 8}, {16, 4}, {37, 13}, {66, 20}, {0, 4}})
    for (const int64_t rows : {0, 1, 5, 33})
      for (const auto& [of_q, of_y] : std::initializer_list<std::pair<int32_t, int32_t>>{{128, 20}, {20, 128}, {1, 32}})
        for (const float static_scale : {0.0f, 0.03f}) {
          const Activation activation = of_y == 20 ? Activation::gelu_erf : Activation::none;
          expect_at_once_is_afterwards(random_case(random, rows, n, k), {activation, static_scale, of_y}, of_q);
        }
}

// More than a block of rows for each of three threads, where the widths make blocks of 64, 24 and 8 rows.
TEST(LinearS8, QuantisedInBlocksOfRowsIsTheSame) {
  Random random(11);
  for (auto [rows, n, k] : std::initializer_list<std::array<int64_t, 3>>{{193, 30, 20}, {75, 2048, 4}, {26, 6200, 4}})
    expect_at_once_is_afterwards(random_case(random, rows, n, k), {Activation::gelu_erf, 0.0f, 20});
}

// Threads that have other columns of the row do not see it; its neighbours keep their bits.
TEST(LinearS8, OneColumnPoisonsAllOfAQuantisedRow) {
  Random random(12);
  for (const float static_scale : {0.0f, 0.03f})
    for (const int64_t rows : {9, 200}) {
      Case c = random_case(random, rows, 85, 12);
      c.w_scale[50] = 1e38f;  // infinite where the sum is positive, and a GELU of nearly 0 elsewhere
      const int64_t poisoned = expect_at_once_is_afterwards(c, {Activation::gelu_erf, static_scale, 20});
      EXPECT_GT(poisoned, 0);
      EXPECT_LT(poisoned, rows);
    }
}

TEST(LinearS8, AZeroPointOutsideTheGridIsRefused) {
  Random random(13);
  const Case c = random_case(random, 2, 5, 4);
  const PackedS8Data packed = c.pack();
  for (const int32_t zero_point : {0, 129})
    for (const float static_scale : {0.0f, 1.0f})
      EXPECT_THROW(
          (void)Quantised({Activation::none, static_scale, zero_point}).at_once(context("scalar"), c, packed.view()),
          Error);
}

TEST(LinearS8, EmptyIsFine) {
  Random random(8);
  for (const Context& x : contexts()) {
    EXPECT_TRUE(run(x, random_case(random, 0, 16, 16)).empty());
    EXPECT_TRUE(run(x, random_case(random, 4, 0, 16)).empty());
  }
  const Case no_inputs = random_case(random, 2, 5, 0);
  EXPECT_TRUE(same_bits(reference(no_inputs), same_everywhere([&](const Context& x) { return run(x, no_inputs); })));
}

// Against the float product: each operand is off by at most half a step, plus the rounding of the epilogue.
TEST(LinearS8, IsAsCloseToFloatAsItsStepsAllow) {
  Random random(9);
  const int64_t rows = 6, n = 20, k = 200, k4 = round_up(k, 4);
  const auto x = random.normal(rows * k);
  const auto w = random.normal(n * k, 0.05f);
  const PackedS8Data packed = pack_linear_s8(w.data(), nullptr, n, k);
  for (const Context& ctx : contexts()) {
    std::vector<uint8_t> q(static_cast<size_t>(rows * k4));
    std::vector<float> scale(static_cast<size_t>(rows)), y(static_cast<size_t>(rows * n));
    quantize_rows(ctx, rows, k, x.data(), k, q.data(), scale.data());
    linear_s8(ctx, rows, q.data(), scale.data(), packed.view(), Activation::none, y.data(), n);
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < n; ++c) {
        double exact = 0, bound = 0;
        const double half_x = 0.5001 * scale[static_cast<size_t>(r)];
        const double half_w = 0.5001 * packed.scale[static_cast<size_t>(c)];
        for (int64_t i = 0; i < k; ++i) {
          const double a = x[static_cast<size_t>(r * k + i)], b = w[static_cast<size_t>(c * k + i)];
          exact += a * b;
          bound += std::abs(a) * half_w + std::abs(b) * half_x + half_x * half_w;
        }
        EXPECT_LE(std::abs(y[static_cast<size_t>(r * n + c)] - exact), bound);
      }
  }
}

}  // namespace
}  // namespace octavo::testing
