#include "runtime/kernels/linear_s8/pack.h"

#include "runtime/error.h"
#include "runtime/kernels/linear_f32/pack.h"
#include "runtime/tensor.h"
#include "tests/runtime/support.h"

namespace octavo::testing {
namespace {

TEST(PackS8, UnpacksToWhatItWasAndPadsWithZero) {
  Random random(1);
  for (auto [n, k] : std::initializer_list<std::pair<int64_t, int64_t>>{{1, 1}, {16, 4}, {17, 5}, {40, 99}}) {
    std::vector<int8_t> w;
    for (int64_t v : random.integers(n * k, -127, 127)) w.push_back(static_cast<int8_t>(v));
    const std::vector<float> scale(static_cast<size_t>(n), 0.5f);
    const PackedS8Data p = pack_linear_s8(w.data(), scale.data(), nullptr, n, k);
    EXPECT_EQ(unpack_linear_s8(p.view()), w);
    EXPECT_EQ(p.panels.size(), static_cast<size_t>(round_up(n, 16) * round_up(k, 4)));
    EXPECT_EQ(p.offset.size(), static_cast<size_t>(round_up(n, 16)));
    int64_t all = 0, padded = 0;
    for (int8_t v : w) all += v;
    for (int8_t v : p.panels) padded += v;
    EXPECT_EQ(all, padded);
    for (size_t i = static_cast<size_t>(n); i < p.offset.size(); ++i) EXPECT_EQ(p.offset[i], 0);
  }
}

TEST(PackS8, LiesAsTheHeaderSays) {
  std::vector<int8_t> w(18 * 6);
  for (size_t i = 0; i < w.size(); ++i) w[i] = static_cast<int8_t>(i);
  const std::vector<float> scale(18, 1.0f);
  const PackedS8Data p = pack_linear_s8(w.data(), scale.data(), nullptr, 18, 6);
  // row 17, k 5: panel 1, k group 1, column 1, place 1
  EXPECT_EQ(p.panels[1 * (2 * 64) + 1 * 64 + 1 * 4 + 1], w[17 * 6 + 5]);
}

TEST(PackS8, QuantisesEachRowByItsLargestWeight) {
  Random random(2);
  const int64_t n = 19, k = 37;
  const auto w = random.normal(n * k);
  const PackedS8Data p = pack_linear_s8(w.data(), w.data(), n, k);
  const auto q = unpack_linear_s8(p.view());
  for (int64_t r = 0; r < n; ++r) {
    float absmax = 0;
    int largest = 0;
    for (int64_t i = 0; i < k; ++i) absmax = std::max(absmax, std::abs(w[static_cast<size_t>(r * k + i)]));
    EXPECT_EQ(p.scale[static_cast<size_t>(r)], absmax / 127.0f);
    int64_t sum = 0;
    for (int64_t i = 0; i < k; ++i) {
      const int8_t v = q[static_cast<size_t>(r * k + i)];
      EXPECT_EQ(v, std::nearbyint(w[static_cast<size_t>(r * k + i)] * (127.0f / absmax)));
      largest = std::max(largest, std::abs(int{v}));
      sum += v;
    }
    EXPECT_EQ(largest, 127);
    EXPECT_EQ(p.offset[static_cast<size_t>(r)], -128 * sum);
    EXPECT_EQ(p.bias[static_cast<size_t>(r)], w[static_cast<size_t>(r)]);
  }
}

TEST(PackS8, ZeroRowsAndBadWeights) {
  std::vector<float> w(32, 0.0f);
  w[16] = 1.0f;
  const QuantizedRows t = quantize_table_s8(w.data(), 2, 16);
  EXPECT_EQ(t.scale[0], 0.0f);
  EXPECT_EQ(t.q[3], 0);
  EXPECT_EQ(t.q[16], 127);
  for (float bad : {kNaN, kInf}) {
    w[20] = bad;
    EXPECT_THROW(quantize_table_s8(w.data(), 2, 16), Error);
    EXPECT_THROW(pack_linear_s8(w.data(), nullptr, 2, 16), Error);
  }
  const std::vector<int8_t> none;
  EXPECT_THROW(pack_linear_s8(none.data(), nullptr, nullptr, 0, kMaxLinearS8K + 1), Error);
}

TEST(PackF32, LiesAsTheHeaderSays) {
  Random random(3);
  const int64_t n = 21, k = 9;
  const auto w = random.normal(n * k);
  const PackedF32Data p = pack_linear_f32(w.data(), w.data(), n, k);
  ASSERT_EQ(p.panels.size(), static_cast<size_t>(32 * k));
  ASSERT_EQ(p.bias.size(), 32u);
  for (int64_t c = 0; c < 32; ++c)
    for (int64_t i = 0; i < k; ++i)
      EXPECT_EQ(p.panels[static_cast<size_t>(c / 16 * 16 * k + i * 16 + c % 16)],
                c < n ? w[static_cast<size_t>(c * k + i)] : 0.0f);
}

}  // namespace
}  // namespace octavo::testing
