// INT8 linears, LayerNorm and quantisation of an emitted program: integers exactly, floats within derived bounds.
#include "mlp.h"

#include <cmath>
#include <limits>

#include "codegen/emit/bounded_pack.h"
#include "tests/emit/fixtures.h"
#include "tests/emit/running.h"

namespace octavo::emit::test {
namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon() / 2;  // of one rounding
constexpr size_t kWidth = 22, kUp = 37;

struct Result {
  std::vector<float> x, norm, scales, up, activated, down, stream, sum;
  std::vector<uint8_t> codes, static_codes, fused_codes, fused_static_codes;
  std::vector<float> fused_scales, after, after_scales;
  std::vector<uint8_t> after_codes;
  std::vector<std::vector<float>> observed;  // under block.up, behind its activation
};

Result run(int64_t B, int64_t S) {
  Numbers numbers(static_cast<uint64_t>(B * 100 + S));
  Result result;
  result.x.resize(static_cast<size_t>(B * S) * kWidth);
  for (float& value : result.x) value = numbers.uniform(-3, 3);
  Runner runner(mlp_program(), "mlp");
  auto out = runner.run({Array::of(OCTAVO_F32, {B, S, kWidth}, result.x)});
  result.norm = out["norm"].as<float>();
  result.codes = out["codes"].as<uint8_t>();
  result.scales = out["scales"].as<float>();
  result.up = out["up"].as<float>();
  result.activated = out["activated"].as<float>();
  result.down = out["down"].as<float>();
  result.stream = out["stream"].as<float>();
  result.sum = out["sum"].as<float>();
  result.static_codes = out["static_codes"].as<uint8_t>();
  result.fused_codes = out["fused_codes"].as<uint8_t>();
  result.fused_static_codes = out["fused_static_codes"].as<uint8_t>();
  result.fused_scales = out["fused_scales"].as<float>();
  result.after = out["after"].as<float>();
  result.after_codes = out["after_codes"].as<uint8_t>();
  result.after_scales = out["after_scales"].as<float>();
  runner.api()->set_observer(
      runner.session(),
      [](void* user, const octavo_observation* o) {
        if (o->name != std::string("linear_s8+gelu_erf")) return;
        const auto* rows = static_cast<const float*>(o->data);
        static_cast<Result*>(user)->observed.emplace_back(rows, rows + o->shape[0] * o->shape[1] * o->shape[2]);
      },
      &result);
  (void)runner.run({Array::of(OCTAVO_F32, {B, S, kWidth}, result.x)});
  return result;
}

std::vector<double> layer_norm(const std::vector<float>& x, const std::vector<float>& gain,
                               const std::vector<float>& offset) {
  std::vector<double> y(x.size());
  for (size_t row = 0; row < x.size(); row += kWidth) {
    double mean = 0, variance = 0;
    for (size_t i = 0; i < kWidth; ++i) mean += x[row + i] / double{kWidth};
    for (size_t i = 0; i < kWidth; ++i) variance += (x[row + i] - mean) * (x[row + i] - mean) / kWidth;
    for (size_t i = 0; i < kWidth; ++i) {
      const double t = (x[row + i] - mean) / std::sqrt(variance + 1e-5);
      y[row + i] = gain.empty() ? t : t * gain[i] + offset[i];
    }
  }
  return y;
}

// Codes and scales by the formula of quantize_rows, from the same floats: equal bit for bit.
void expect_codes(const std::vector<float>& y, size_t width, const std::vector<uint8_t>& codes,
                  const std::vector<float>& scales, float static_scale, int zero_point = 128) {
  const auto top = static_cast<float>(255 - zero_point), bottom = std::min(127.0F, static_cast<float>(zero_point));
  for (size_t row = 0; row < y.size() / width; ++row) {
    float peak = 0;
    for (size_t i = 0; i < width; ++i) {
      const float value = y[row * width + i];
      peak = std::max(peak, value > 0 ? value : -value * (top / bottom));
    }
    const float inverse = static_scale > 0 ? 1.0F / static_scale : top / peak;
    if (!scales.empty()) {
      EXPECT_EQ(scales[row], static_scale > 0 ? static_scale : peak / top);
    }
    for (size_t i = 0; i < width; ++i) {
      const float code = std::nearbyint(std::clamp(y[row * width + i] * inverse, -bottom, top));
      EXPECT_EQ(codes[row * width + i], static_cast<uint8_t>(zero_point + static_cast<int>(code))) << row << ", " << i;
    }
  }
}

struct Quantised {
  std::vector<int> q;
  std::vector<float> scale;
};

// The integers that were packed (tests/runtime/lane_bound_test.cpp checks how they are chosen); the product is ours.
Quantised quantise_weights(const std::vector<float>& w, size_t n, size_t k) {
  const auto bounded = pack_bounded(w, nullptr, static_cast<int64_t>(n), static_cast<int64_t>(k));
  const std::vector<int8_t> q = unpack_linear_s8(bounded.pack.view());
  return {{q.begin(), q.end()}, bounded.pack.scale};
}

class Mlp : public testing::TestWithParam<std::pair<int64_t, int64_t>> {
 protected:
  const Result r_ = run(GetParam().first, GetParam().second);
};

TEST_P(Mlp, LayerNormIsWithinTheErrorOfItsSums) {
  const auto gain = tensor("mlp", "block.norm.weight"), offset = tensor("mlp", "block.norm.bias");
  // Two sums of `width` terms and some ten operations after them, on values of at most sqrt(width) deviations.
  const double bound = (2 * kWidth + 10) * kEpsilon * std::sqrt(double{kWidth}) * 2;
  expect_near(r_.norm, layer_norm(r_.x, gain, offset), bound);
  std::vector<float> t(r_.down.size());
  double peak = 0, deviation = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < t.size(); ++i) t[i] = r_.down[i] + r_.norm[i];
  for (size_t row = 0; row < t.size(); row += kWidth) {
    double mean = 0, variance = 0;
    for (size_t i = 0; i < kWidth; ++i) mean += t[row + i] / double{kWidth};
    for (size_t i = 0; i < kWidth; ++i) variance += (t[row + i] - mean) * (t[row + i] - mean) / kWidth;
    deviation = std::min(deviation, std::sqrt(variance));
    for (size_t i = 0; i < kWidth; ++i) peak = std::max(peak, std::abs(double{t[row + i]}));
  }
  // A rounding of t is worth peak * epsilon / deviation after the division.
  const double residual_bound = (2 * kWidth + 10) * kEpsilon * (std::sqrt(double{kWidth}) + peak / deviation);
  expect_near(r_.sum, layer_norm(t, {}, {}), residual_bound);
}

TEST_P(Mlp, CodesAreExact) {
  expect_codes(r_.norm, kWidth, r_.codes, r_.scales, 0);
  expect_codes(r_.sum, kWidth, r_.static_codes, {}, 0.03125F);
}

TEST_P(Mlp, AProductQuantisedAtOnceHasTheCodesOfItsRows) {
  expect_codes(r_.activated, kUp, r_.fused_codes, r_.fused_scales, 0, 20);
  expect_codes(r_.activated, kUp, r_.fused_static_codes, {}, 0.03125F);
  // Its input is about 20, and that is no matter of its output.
  expect_codes(r_.after, kWidth, r_.after_codes, r_.after_scales, 0.0625F);
}

// Kept or not, an observer sees the rows before they are quantised.
TEST_P(Mlp, AnObserverSeesRowsThatAreNotKept) {
  ASSERT_EQ(r_.observed.size(), 3U);
  for (const auto& rows : r_.observed) EXPECT_EQ(rows, r_.activated);
}

TEST_P(Mlp, ProductsAreExact) {
  const Quantised w = quantise_weights(tensor("mlp", "block.up.weight"), kUp, kWidth);
  const auto bias = tensor("mlp", "block.up.bias");
  for (size_t row = 0; row < r_.scales.size(); ++row) {
    for (size_t n = 0; n < kUp; ++n) {
      int sum = 0;
      for (size_t k = 0; k < kWidth; ++k) sum += (int{r_.codes[row * kWidth + k]} - 128) * w.q[n * kWidth + k];
      const float expected = std::fma(static_cast<float>(sum) * r_.scales[row], w.scale[n], bias[n]);
      EXPECT_EQ(r_.up[row * kUp + n], expected) << row << ", " << n;
    }
  }
}

TEST_P(Mlp, GeluFollowsTheProduct) {
  std::vector<double> expected;
  double largest = 1;
  for (const float x : r_.up) {
    expected.push_back(0.5 * x * (1 + std::erf(x / std::sqrt(2.0))));
    largest = std::max(largest, std::abs(double{x}));
  }
  // docs/numerics.md: erf within 1e-6, times x/2; two more roundings.
  expect_near(r_.activated, expected, largest * (0.5e-6 + 2 * kEpsilon));
}

TEST_P(Mlp, TheResidualIsAddedLast) {
  for (size_t i = 0; i < r_.down.size(); ++i) EXPECT_EQ(r_.stream[i], r_.down[i] + r_.norm[i]) << i;
}

INSTANTIATE_TEST_SUITE_P(Sizes, Mlp,
                         testing::Values(std::pair<int64_t, int64_t>{1, 1}, std::pair<int64_t, int64_t>{2, 5},
                                         std::pair<int64_t, int64_t>{3, 17}));

}  // namespace
}  // namespace octavo::emit::test
