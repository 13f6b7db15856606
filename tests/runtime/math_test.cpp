// The polynomials against double-precision libm, over every region and with the bounds that docs/numerics.md states.
#include <functional>

#include "tests/runtime/support.h"

namespace octavo::testing {
namespace {

std::vector<float> grid(float low, float high, int64_t n) {
  std::vector<float> v;
  for (int64_t i = 0; i <= n; ++i)
    v.push_back(
        static_cast<float>(low + (static_cast<double>(high) - low) * static_cast<double>(i) / static_cast<double>(n)));
  return v;
}

std::vector<float> values(UnaryOp op, const std::vector<float>& x) {
  return same_everywhere([&](const Context& ctx) {
    std::vector<float> y(x.size());
    ctx.kernels.unary(op, static_cast<int64_t>(x.size()), y.data(), x.data());
    return y;
  });
}

struct Worst {
  double error = 0;
  float at = 0;
};

// The largest absolute error, or relative to max(|exact|, floor) when floor is given.
Worst worst(UnaryOp op, const std::vector<float>& x, const std::function<double(double)>& exact, double floor = 0) {
  const std::vector<float> y = values(op, x);
  Worst w;
  for (size_t i = 0; i < x.size(); ++i) {
    const double e = exact(x[i]);
    const double error = std::abs(y[i] - e) / (floor > 0 ? std::max(std::abs(e), floor) : 1.0);
    if (!(error <= w.error)) w = {error, x[i]};
  }
  ::testing::Test::RecordProperty("worst_error", std::to_string(w.error));
  return w;
}

double gelu(double x) { return 0.5 * x * std::erfc(-x * M_SQRT1_2); }
double gelu_tanh(double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }

TEST(Math, ExpIsWithinTwoUnits) {
  const Worst w = worst(UnaryOp::exp, grid(-86.98f, 88.72f, 400000), [](double x) { return std::exp(x); }, 1e-300);
  EXPECT_LT(w.error, 4 * kEps) << "at " << w.at;
}

TEST(Math, ExpOutsideItsRange) {
  const std::vector<float> x = {-87.01f, -1e4f, -kInf, 88.73f, 1e30f, kInf, kNaN, 0.0f, -0.0f, -3.4e38f, 3.4e38f};
  const std::vector<float> y = {0, 0, 0, kInf, kInf, kInf, kNaN, 1, 1, 0, kInf};
  EXPECT_TRUE(same_bits(values(UnaryOp::exp, x), y));
}

TEST(Math, ErfIsWithin2e7) {
  const Worst w = worst(UnaryOp::erf, grid(-6.0f, 6.0f, 400000), [](double x) { return std::erf(x); });
  EXPECT_LT(w.error, 2.0e-7) << "at " << w.at;
  const Worst relative = worst(UnaryOp::erf, grid(1e-6f, 1.0f, 100000), [](double x) { return std::erf(x); }, 1e-300);
  EXPECT_LT(relative.error, 5e-7) << "at " << relative.at;
  EXPECT_TRUE(same_bits(values(UnaryOp::erf, {kInf, -kInf, kNaN, 1e30f, -4.0f}), {1, -1, kNaN, 1, -1}));
}

TEST(Math, GeluIsWithin5e7) {
  const Worst w = worst(UnaryOp::gelu_erf, grid(-12.0f, 12.0f, 800000), gelu);
  EXPECT_LT(w.error, 5e-7) << "at " << w.at;
  EXPECT_TRUE(same_bits(values(UnaryOp::gelu_erf, {50.0f, kNaN, 0.0f, -0.0f, kInf}), {50.0f, kNaN, 0.0f, -0.0f, kInf}));
  for (float x : {-6.5f, -50.0f, -1e30f, -kInf}) EXPECT_LT(std::abs(values(UnaryOp::gelu_erf, {x})[0]), 1e-7f) << x;
}

TEST(Math, GeluTanhIsWithin1e6) {
  const Worst w = worst(UnaryOp::gelu_tanh, grid(-12.0f, 12.0f, 800000), gelu_tanh);
  EXPECT_LT(w.error, 1e-6) << "at " << w.at;
  EXPECT_TRUE(same_bits(values(UnaryOp::gelu_tanh, {60.0f, kNaN, 0.0f}), {60.0f, kNaN, 0.0f}));
  EXPECT_EQ(values(UnaryOp::gelu_tanh, {-60.0f})[0], 0.0f);
}

TEST(Math, TanhIsWithinFourUnits) {
  const Worst w = worst(UnaryOp::tanh, grid(-20.0f, 20.0f, 400000), [](double x) { return std::tanh(x); }, 1e-300);
  EXPECT_LT(w.error, 8 * kEps) << "at " << w.at;
  EXPECT_TRUE(same_bits(values(UnaryOp::tanh, {kInf, -kInf, kNaN, -0.0f, 1e-30f}), {1, -1, kNaN, -0.0f, 1e-30f}));
}

TEST(Math, SigmoidAndSilu) {
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  const Worst w = worst(UnaryOp::sigmoid, grid(-80.0f, 80.0f, 400000), sigmoid, 1e-300);
  EXPECT_LT(w.error, 8 * kEps) << "at " << w.at;
  const Worst s = worst(UnaryOp::silu, grid(-80.0f, 80.0f, 400000), [&](double x) { return x * sigmoid(x); }, 1e-300);
  EXPECT_LT(s.error, 8 * kEps) << "at " << s.at;
  EXPECT_TRUE(same_bits(values(UnaryOp::sigmoid, {kInf, -kInf, kNaN, 0.0f}), {1, 0, kNaN, 0.5f}));
}

TEST(Math, ReluAndRootsAreExact) {
  EXPECT_TRUE(same_bits(values(UnaryOp::relu, {-1.0f, 2.0f, kNaN, -kInf, kInf}), {0, 2, kNaN, 0, kInf}));
  EXPECT_TRUE(same_bits(values(UnaryOp::sqrt, {4.0f, -0.0f, -1.0f, kInf}), {2, -0.0f, kNaN, kInf}));
  EXPECT_TRUE(same_bits(values(UnaryOp::rsqrt, {4.0f, 0.0f, -1.0f, kInf}), {0.5f, kInf, kNaN, 0}));
}

// Every bit pattern class, at every length that leaves a tail.
TEST(Math, TheSameBitsForAnyInput) {
  Random random(11);
  for (UnaryOp op : {UnaryOp::exp, UnaryOp::erf, UnaryOp::tanh, UnaryOp::sigmoid, UnaryOp::silu, UnaryOp::relu,
                     UnaryOp::gelu_erf, UnaryOp::gelu_tanh, UnaryOp::sqrt, UnaryOp::rsqrt}) {
    values(op, random.any_bits(200003));
    for (int64_t n = 0; n < 40; ++n) values(op, random.normal(n, 3.0f));
  }
}

}  // namespace
}  // namespace octavo::testing
