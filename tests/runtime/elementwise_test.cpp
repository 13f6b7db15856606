#include "runtime/kernels/elementwise/elementwise.h"

#include <cstring>

#include "runtime/error.h"
#include "runtime/kernels/quantize_rows/quantize_rows.h"
#include "tests/runtime/support.h"

namespace octavo::testing {
namespace {

std::vector<float> unary_of(UnaryOp op, const std::vector<float>& x) {
  return same_everywhere([&](const Context& c) {
    std::vector<float> y(x.size());
    const auto n = static_cast<int64_t>(x.size());
    unary(c, op, contiguous(y.data(), {n}), contiguous(x.data(), {n}));
    return y;
  });
}

std::vector<float> binary_of(BinaryOp op, const std::vector<float>& a, const std::vector<float>& b) {
  return same_everywhere([&](const Context& c) {
    std::vector<float> y(a.size());
    const auto n = static_cast<int64_t>(a.size());
    binary(c, op, contiguous(y.data(), {n}), contiguous(a.data(), {n}), contiguous(b.data(), {n}));
    return y;
  });
}

// Off by half an ulp of float and a little: one rounding of a double that is itself near exact.
void expect_one_rounding(float got, double exact, float x) {
  if (std::isnan(exact)) {
    EXPECT_TRUE(std::isnan(got)) << x;
  } else if (std::isinf(static_cast<float>(exact))) {
    EXPECT_EQ(got, static_cast<float>(exact)) << x;
  } else {
    EXPECT_LE(std::abs(got - exact), std::max(std::abs(exact) * kEps, 0x1p-150) * 1.000001) << x;
  }
}

TEST(Elementwise, LogSinCosAreRoundedOnce) {
  Random random(1);
  auto x = random.any_bits(20000);
  for (float v : random.normal(20000, 30.0f)) x.push_back(v);
  const auto log_x = unary_of(UnaryOp::log, x);
  for (size_t i = 0; i < x.size(); ++i) expect_one_rounding(log_x[i], std::log(double{x[i]}), x[i]);
  for (float& v : x)
    if (std::abs(v) > 0x1p40f) v = std::fmod(v, 1000.0f);
  const auto sin_x = unary_of(UnaryOp::sin, x), cos_x = unary_of(UnaryOp::cos, x);
  for (size_t i = 0; i < x.size(); ++i) {
    // Beyond 2^20 the double reduction leaves an absolute error near 2^-52; only near a zero of the function does it show.
    const double slack = 0x1p-50;
    if (std::isnan(x[i])) continue;
    EXPECT_LE(std::abs(sin_x[i] - std::sin(double{x[i]})), std::abs(std::sin(double{x[i]})) * kEps * 1.000001 + slack)
        << x[i];
    EXPECT_LE(std::abs(cos_x[i] - std::cos(double{x[i]})), std::abs(std::cos(double{x[i]})) * kEps * 1.000001 + slack)
        << x[i];
  }
  EXPECT_TRUE(
      same_bits(unary_of(UnaryOp::log, {0.0f, -0.0f, -1.0f, kInf, kNaN, 1.0f}), {-kInf, -kInf, kNaN, kInf, kNaN, 0}));
  EXPECT_TRUE(same_bits(unary_of(UnaryOp::sin, {0.0f, -0.0f, kInf, kNaN}), {0, -0.0f, kNaN, kNaN}));
  EXPECT_TRUE(same_bits(unary_of(UnaryOp::cos, {0.0f, -kInf, kNaN}), {1, kNaN, kNaN}));
}

TEST(Elementwise, Pow) {
  Random random(2);
  auto a = random.normal(20000, 10.0f), b = random.normal(20000, 4.0f);
  for (float special : {0.0f, -0.0f, 1.0f, -1.0f, kInf, -kInf, kNaN, 2.5f, -2.5f})
    for (float y :
         {0.0f, -0.0f, 1.0f, -1.0f, 2.0f, 3.0f, -3.0f, 0.5f, -0.5f, kInf, -kInf, kNaN, 1e9f, 16777217.0f, 7.0f}) {
      a.push_back(special);
      b.push_back(y);
    }
  const auto y = binary_of(BinaryOp::pow, a, b);
  for (size_t i = 0; i < a.size(); ++i) {
    if (b[i] == 3.0f) {
      EXPECT_TRUE(same_bits(y[i], a[i] * a[i] * a[i]));
    } else {
      expect_one_rounding(y[i], std::pow(double{a[i]}, double{b[i]}), a[i]);
      if (!std::isnan(y[i])) {
        EXPECT_EQ(std::signbit(y[i]), std::signbit(std::pow(a[i], b[i]))) << a[i] << " " << b[i];
      }
    }
  }
}

TEST(Elementwise, NegAndAbsTouchOnlyTheSign) {
  EXPECT_TRUE(same_bits(unary_of(UnaryOp::neg, {0.0f, 1.0f, -kInf, kNaN}), {-0.0f, -1, kInf, kNaN}));
  EXPECT_TRUE(same_bits(unary_of(UnaryOp::abs, {-0.0f, -1.0f, -kInf, kNaN}), {0, 1, kInf, kNaN}));
}

TEST(Elementwise, FloatArithmetic) {
  Random random(3);
  const auto a = random.any_bits(5001), b = random.any_bits(5001);
  const auto check = [&](BinaryOp op, auto f) {
    std::vector<float> expected;
    for (size_t i = 0; i < a.size(); ++i) expected.push_back(f(a[i], b[i]));
    EXPECT_TRUE(same_bits(expected, binary_of(op, a, b)));
  };
  check(BinaryOp::add, [](float x, float y) { return x + y; });
  check(BinaryOp::sub, [](float x, float y) { return x - y; });
  check(BinaryOp::mul, [](float x, float y) { return x * y; });
  check(BinaryOp::div, [](float x, float y) { return x / y; });
  EXPECT_TRUE(same_bits(binary_of(BinaryOp::maximum, {-0.0f, 0.0f, kNaN, 1.0f, -kInf}, {0.0f, -0.0f, 1.0f, kNaN, 2.0f}),
                        {0, 0, kNaN, kNaN, 2}));
  EXPECT_TRUE(same_bits(binary_of(BinaryOp::minimum, {-0.0f, 0.0f, kNaN, 1.0f, -kInf}, {0.0f, -0.0f, 1.0f, kNaN, 2.0f}),
                        {-0.0f, -0.0f, kNaN, kNaN, -kInf}));
}

// Every broadcast of a [2,3,4] shape, contiguous and transposed, against index arithmetic.
TEST(Elementwise, BroadcastsAndStrides) {
  Random random(4);
  const auto a = random.normal(24), b = random.normal(24);
  for (int shape_bits = 0; shape_bits < 8; ++shape_bits)
    for (bool transposed : {false, true}) {
      View vb = contiguous(b.data(), {2, 3, 4});
      for (int d = 0; d < 3; ++d)
        if ((shape_bits >> d & 1) != 0) vb.shape[d] = 1;
      const View va = transposed ? strided(a.data(), {2, 3, 4}, {12, 1, 3}) : contiguous(a.data(), {2, 3, 4});
      const auto y = same_everywhere([&](const Context& c) {
        std::vector<float> out(24);
        binary(c, BinaryOp::sub, contiguous(out.data(), {2, 3, 4}), va, vb);
        return out;
      });
      for (int64_t i = 0; i < 24; ++i) {
        const int64_t p[3] = {i / 12, i / 4 % 3, i % 4};
        int64_t at_a = 0, at_b = 0;
        for (int d = 0; d < 3; ++d) {
          at_a += p[d] * va.stride[d];
          if (vb.shape[d] != 1) at_b += p[d] * vb.stride[d];
        }
        EXPECT_EQ(y[static_cast<size_t>(i)], a[static_cast<size_t>(at_a)] - b[static_cast<size_t>(at_b)]);
      }
    }
}

TEST(Elementwise, AStridedFunctionIsTheContiguousOne) {
  Random random(5);
  const auto x = random.normal(700 * 3);
  const auto y = same_everywhere([&](const Context& c) {
    std::vector<float> out(x.size());
    unary(c, UnaryOp::gelu_erf, strided(out.data(), {3, 700}, {1, 3}), strided(x.data(), {3, 700}, {1, 3}));
    return out;
  });
  EXPECT_TRUE(same_bits(unary_of(UnaryOp::gelu_erf, x), y));
}

TEST(Elementwise, Integers) {
  const Context c = context("scalar", 2);
  const std::vector<int64_t> a = {7, -7, INT64_MAX, INT64_MIN, 2}, b = {2, 2, 1, -1, 10};
  std::vector<int64_t> y(5);
  const auto run = [&](BinaryOp op) {
    binary(c, op, contiguous(y.data(), {5}), contiguous(a.data(), {5}), contiguous(b.data(), {5}));
    return y;
  };
  EXPECT_EQ(run(BinaryOp::add), (std::vector<int64_t>{9, -5, INT64_MIN, INT64_MAX, 12}));
  EXPECT_EQ(run(BinaryOp::div), (std::vector<int64_t>{3, -3, INT64_MAX, INT64_MIN, 0}));
  EXPECT_EQ(run(BinaryOp::maximum), (std::vector<int64_t>{7, 2, INT64_MAX, -1, 10}));
  const int64_t three = 3, zero = 0;
  binary(c, BinaryOp::pow, contiguous(y.data(), {5}), contiguous(b.data(), {5}), scalar_view(&three));
  EXPECT_EQ(y, (std::vector<int64_t>{8, 8, 1, -1, 1000}));
  unary(c, UnaryOp::neg, contiguous(y.data(), {5}), contiguous(a.data(), {5}));
  EXPECT_EQ(y, (std::vector<int64_t>{-7, 7, -INT64_MAX, INT64_MIN, -2}));
  EXPECT_THROW(binary(c, BinaryOp::div, contiguous(y.data(), {5}), contiguous(a.data(), {5}), scalar_view(&zero)),
               Error);
}

TEST(Elementwise, ComparisonsAndLogic) {
  const Context c = context("scalar");
  const std::vector<float> a = {1, 2, kNaN, -0.0f}, b = {2, 2, kNaN, 0.0f};
  bool y[4];
  const auto run = [&](BinaryOp op) {
    binary(c, op, contiguous(y, {4}), contiguous(a.data(), {4}), contiguous(b.data(), {4}));
    return std::vector<bool>(y, y + 4);
  };
  EXPECT_EQ(run(BinaryOp::eq), (std::vector<bool>{false, true, false, true}));
  EXPECT_EQ(run(BinaryOp::ne), (std::vector<bool>{true, false, true, false}));
  EXPECT_EQ(run(BinaryOp::lt), (std::vector<bool>{true, false, false, false}));
  EXPECT_EQ(run(BinaryOp::le), (std::vector<bool>{true, true, false, true}));
  EXPECT_EQ(run(BinaryOp::gt), (std::vector<bool>{false, false, false, false}));
  EXPECT_EQ(run(BinaryOp::ge), (std::vector<bool>{false, true, false, true}));
  const bool p[4] = {true, true, false, false}, q[4] = {true, false, true, false};
  binary(c, BinaryOp::logical_and, contiguous(y, {4}), contiguous(p, {4}), contiguous(q, {4}));
  EXPECT_EQ(std::vector<bool>(y, y + 4), (std::vector<bool>{true, false, false, false}));
  binary(c, BinaryOp::logical_or, contiguous(y, {4}), contiguous(p, {4}), contiguous(q, {4}));
  EXPECT_EQ(std::vector<bool>(y, y + 4), (std::vector<bool>{true, true, true, false}));
  unary(c, UnaryOp::logical_not, contiguous(y, {4}), contiguous(a.data(), {4}));
  EXPECT_EQ(std::vector<bool>(y, y + 4), (std::vector<bool>{false, false, false, true}));
}

TEST(Elementwise, WhereChoosesAndBroadcasts) {
  const bool c[3] = {true, false, true};
  const std::vector<float> a = {1, 2, 3, 4, 5, 6};
  const float minus = -kInf;
  std::vector<float> y(6);
  for (const Context& ctx : contexts()) {
    where(ctx, contiguous(y.data(), {2, 3}), contiguous(c, {3}), contiguous(a.data(), {2, 3}), scalar_view(&minus));
    EXPECT_TRUE(same_bits(y, {1, minus, 3, 4, minus, 6}));
  }
}

TEST(Elementwise, CastsAreDefinedForEveryValue) {
  const Context c = context("scalar");
  const std::vector<float> x = {1.9f, -1.9f, kNaN, kInf, -kInf, 1e30f, -1e30f, 300.0f, -0.0f, 0x1p63f};
  std::vector<int64_t> wide(10);
  std::vector<int32_t> narrow(10);
  std::vector<uint8_t> bytes(10);
  bool flags[10];
  copy(c, contiguous(wide.data(), {10}), contiguous(x.data(), {10}));
  EXPECT_EQ(wide, (std::vector<int64_t>{1, -1, 0, INT64_MAX, INT64_MIN, INT64_MAX, INT64_MIN, 300, 0, INT64_MAX}));
  copy(c, contiguous(narrow.data(), {10}), contiguous(x.data(), {10}));
  EXPECT_EQ(narrow, (std::vector<int32_t>{1, -1, 0, INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN, 300, 0, INT32_MAX}));
  copy(c, contiguous(bytes.data(), {10}), contiguous(x.data(), {10}));
  EXPECT_EQ(bytes, (std::vector<uint8_t>{1, 0, 0, 255, 0, 255, 0, 255, 0, 255}));
  copy(c, contiguous(flags, {10}), contiguous(x.data(), {10}));
  EXPECT_EQ(std::vector<bool>(flags, flags + 10), (std::vector<bool>{1, 1, 1, 1, 1, 1, 1, 1, 0, 1}));
  std::vector<float> back(10);
  copy(c, contiguous(back.data(), {10}), contiguous(flags, {10}));
  EXPECT_EQ(back[0], 1.0f);
  EXPECT_EQ(back[8], 0.0f);
}

TEST(Elementwise, CopyTransposesAndExpands) {
  Random random(6);
  const auto x = random.normal(5 * 7);
  std::vector<float> y(5 * 7);
  copy(context("scalar", 2), contiguous(y.data(), {7, 5}), strided(x.data(), {7, 5}, {1, 7}));
  for (size_t i = 0; i < 35; ++i) EXPECT_EQ(y[i], x[i % 5 * 7 + i / 5]);
  std::vector<float> wide(3 * 4);
  copy(context("scalar"), contiguous(wide.data(), {3, 4}), contiguous(x.data(), {3, 1}));
  for (size_t i = 0; i < 12; ++i) EXPECT_EQ(wide[i], x[i / 4]);
}

TEST(Elementwise, FillArangeCumsum) {
  const Context c = context("scalar");
  std::vector<int64_t> y(6);
  arange(c, contiguous(y.data(), {2, 3}), 2, 5);
  EXPECT_EQ(y, (std::vector<int64_t>{2, 7, 12, 2, 7, 12}));
  fill(c, strided(y.data(), {2}, {3}), -1);
  EXPECT_EQ(y, (std::vector<int64_t>{-1, 7, 12, -1, 7, 12}));
  const bool mask[6] = {true, true, false, true, false, true};
  cumsum(c, contiguous(y.data(), {2, 3}), contiguous(mask, {2, 3}), 1);
  EXPECT_EQ(y, (std::vector<int64_t>{1, 2, 2, 1, 1, 2}));
  cumsum(c, contiguous(y.data(), {2, 3}), contiguous(mask, {2, 3}), 0);
  EXPECT_EQ(y, (std::vector<int64_t>{1, 1, 0, 2, 1, 1}));
  std::vector<float> steps(3);
  arange(c, contiguous(steps.data(), {3}), 0.5, 0.25);
  EXPECT_TRUE(same_bits(steps, {0.5f, 0.75f, 1.0f}));
}

TEST(Elementwise, FakeQuantizeIsQuantiseAndBack) {
  Random random(7);
  const auto x = random.normal(6 * 19);
  for (float static_scale : {0.0f, 0.02f}) {
    const auto y = same_everywhere([&](const Context& c) {
      std::vector<float> out(x.size());
      fake_quantize(c, contiguous(out.data(), {6, 19}), contiguous(x.data(), {6, 19}), static_scale);
      return out;
    });
    std::vector<uint8_t> q(6 * 20);
    std::vector<float> scale(6);
    context("scalar").kernels.quantize_rows(6, 19, x.data(), 19, q.data(), scale.data(), static_scale,
                                            kSymmetricZeroPoint);
    for (size_t i = 0; i < x.size(); ++i)
      EXPECT_EQ(y[i], static_cast<float>(q[i / 19 * 20 + i % 19] - 128) * scale[i / 19]);
  }
}

TEST(Elementwise, EmptyScalarsAndHighRank) {
  const Context c = context("scalar", 2);
  float one = 1, two = 2, y = 0;
  binary(c, BinaryOp::add, View{&y, DType::f32, 0, {}, {}}, scalar_view(&one), scalar_view(&two));
  EXPECT_EQ(y, 3.0f);
  binary(c, BinaryOp::add, contiguous(&y, {0, 4}), contiguous(&one, {1, 4}), contiguous(&two, {0, 1}));
  EXPECT_EQ(y, 3.0f);
  const std::vector<float> x = Random(8).normal(256);
  std::vector<float> out(256);
  copy(c, contiguous(out.data(), {2, 2, 2, 2, 2, 2, 2, 2}),
       strided(x.data(), {2, 2, 2, 2, 2, 2, 2, 2}, {1, 2, 4, 8, 16, 32, 64, 128}));
  for (unsigned i = 0; i < 256; ++i) {
    unsigned reversed = 0;
    for (int b = 0; b < 8; ++b) reversed |= (i >> b & 1) << (7 - b);
    EXPECT_EQ(out[i], x[reversed]);
  }
}

TEST(Elementwise, RefusesWhatDoesNotFit) {
  const Context c = context("scalar");
  std::vector<float> f(6);
  std::vector<int64_t> i(6);
  const View vf = contiguous(f.data(), {6}), vi = contiguous(i.data(), {6});
  EXPECT_THROW(binary(c, BinaryOp::add, vf, vf, vi), Error);
  EXPECT_THROW(binary(c, BinaryOp::add, vi, vf, vf), Error);
  EXPECT_THROW(binary(c, BinaryOp::eq, vf, vf, vf), Error);
  EXPECT_THROW(binary(c, BinaryOp::add, vf, vf, contiguous(f.data(), {4})), Error);
  EXPECT_THROW(binary(c, BinaryOp::add, vf, vf, contiguous(f.data(), {1, 6})), Error);
  EXPECT_THROW(unary(c, UnaryOp::exp, vi, vi), Error);
  EXPECT_THROW(where(c, vf, vf, vf, vf), Error);
  EXPECT_THROW(cumsum(c, vf, vf, 1), Error);
  EXPECT_THROW(copy(c, vf, contiguous(f.data(), {5})), Error);
}

TEST(Elementwise, FloorDivisionRoundsTheExactQuotientDown) {
  const std::vector<float> a = {7, -7, 7, -7, 1, 0, 5, -0.0f, kInf, 1}, b = {2, 2, -2, -2, 0.1f, 3, 0, 3, 2, kNaN};
  EXPECT_TRUE(
      same_bits(binary_of(BinaryOp::floor_divide, a, b),
                {3, -4, -4, 3, std::floor((1 - std::fmod(1.0f, 0.1f)) / 0.1f + 0.5f), 0, kInf, -0.0f, kNaN, kNaN}));
  EXPECT_TRUE(same_bits(binary_of(BinaryOp::fmod, {7, -7, 7, -7}, {2, 2, -2, -2}), {1, -1, 1, -1}));
  const std::vector<int64_t> x = {7, -7, 7, -7, 6, INT64_MIN}, y = {2, 2, -2, -2, 3, -1};
  std::vector<int64_t> down(6), rest(6);
  binary(context("scalar"), BinaryOp::floor_divide, contiguous(down.data(), {6}), contiguous(x.data(), {6}),
         contiguous(y.data(), {6}));
  binary(context("scalar"), BinaryOp::fmod, contiguous(rest.data(), {6}), contiguous(x.data(), {6}),
         contiguous(y.data(), {6}));
  EXPECT_EQ(down, (std::vector<int64_t>{3, -4, -4, 3, 2, INT64_MIN}));
  EXPECT_EQ(rest, (std::vector<int64_t>{1, -1, 1, -1, 0, 0}));
}

TEST(Sort, IsStableAndPutsNaNLast) {
  const std::vector<float> x = {2, kNaN, 1, 2, -1, 1, 0, 0, 0, 0, 0, 0};
  for (const Context& ctx : contexts()) {
    std::vector<std::byte> scratch(static_cast<size_t>(sort_scratch_bytes(6, ctx.threads.count())));
    std::vector<float> up(12), best(4);
    std::vector<int64_t> order(12), where(4);
    sort(ctx, contiguous(up.data(), {2, 6}), contiguous(order.data(), {2, 6}), contiguous(x.data(), {2, 6}), 1, false,
         scratch.data());
    EXPECT_TRUE(same_bits(up, {-1, 1, 1, 2, 2, kNaN, 0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(order, (std::vector<int64_t>{4, 2, 5, 0, 3, 1, 0, 1, 2, 3, 4, 5}));
    sort(ctx, contiguous(best.data(), {2, 2}), contiguous(where.data(), {2, 2}), contiguous(x.data(), {2, 6}), 1, true,
         scratch.data());
    EXPECT_TRUE(same_bits(best, {kNaN, 2, 0, 0}));
    EXPECT_EQ(where, (std::vector<int64_t>{1, 0, 0, 1}));
    std::vector<float> columns(12);
    sort(ctx, contiguous(columns.data(), {2, 6}), contiguous(order.data(), {2, 6}), contiguous(x.data(), {2, 6}), 0,
         false, scratch.data());
    EXPECT_TRUE(same_bits(columns, {0, 0, 0, 0, -1, 0, 2, kNaN, 1, 2, 0, 1}));
  }
}

TEST(Scatter, TheLastWinsOrAllAreAdded) {
  const std::vector<float> from = {1, 2, 3, 4, 5, 6};
  const std::vector<int64_t> index = {0, 0, -1, 1, 1, 1};
  for (const Context& ctx : contexts()) {
    std::vector<float> y(8, 10), sum(8, 10), rows(6, 0);
    scatter(ctx, contiguous(y.data(), {2, 4}), contiguous(index.data(), {2, 3}), contiguous(from.data(), {2, 3}), 1,
            false);
    EXPECT_EQ(y, (std::vector<float>{2, 10, 10, 3, 10, 6, 10, 10}));
    scatter(ctx, contiguous(sum.data(), {2, 4}), contiguous(index.data(), {2, 3}), contiguous(from.data(), {2, 3}), 1,
            true);
    EXPECT_EQ(sum, (std::vector<float>{13, 10, 10, 13, 10, 25, 10, 10}));
    const std::vector<int64_t> bad = {4, 0, 0, 0, 0, 0};
    EXPECT_THROW(scatter(ctx, contiguous(y.data(), {2, 4}), contiguous(bad.data(), {2, 3}),
                         contiguous(from.data(), {2, 3}), 1, false),
                 Error);
  }
}

TEST(Gather, AlongAnyDimAndFromTheEnd) {
  const std::vector<float> x = {0, 1, 2, 3, 4, 5};
  const View in = contiguous(x.data(), {2, 3});
  for (const Context& ctx : contexts()) {
    std::vector<float> y(4);
    const std::vector<int64_t> columns = {2, 0, -1, 1}, rows = {1, 0, -2, 1};
    gather(ctx, contiguous(y.data(), {2, 2}), in, contiguous(columns.data(), {2, 2}), 1);
    EXPECT_EQ(y, (std::vector<float>{2, 0, 5, 4}));
    gather(ctx, contiguous(y.data(), {2, 2}), in, contiguous(rows.data(), {2, 2}), 0);
    EXPECT_EQ(y, (std::vector<float>{3, 1, 0, 4}));
  }
}

TEST(Gather, AnIndexOutsideIsAnError) {
  const std::vector<float> x(6);
  std::vector<float> y(2);
  for (int64_t bad : {3, -4}) {
    const std::vector<int64_t> index = {0, bad};
    EXPECT_THROW(gather(context("scalar"), contiguous(y.data(), {2, 1}), contiguous(x.data(), {2, 3}),
                        contiguous(index.data(), {2, 1}), 1),
                 Error);
  }
}

}  // namespace
}  // namespace octavo::testing
