#include "runtime/kernels/linear_s8/lane_bound.h"

#include <array>

#include "runtime/kernels/linear_s8/pack.h"
#include "runtime/tensor.h"
#include "tests/runtime/support.h"

namespace octavo::testing {
namespace {

constexpr LaneBound kBounds[] = {LaneBound::none, LaneBound::pairs, LaneBound::fours};

LaneBound proof_of(const std::vector<int8_t>& w, int64_t n, int64_t k) {
  const std::vector<float> scale(static_cast<size_t>(n), 1.0f);
  return proven_bound(pack_linear_s8(w.data(), scale.data(), nullptr, n, k).view());
}

TEST(LaneBound, TheProofReadsEachLane) {
  // One channel of 8: the first four is {0, 1, 4, 5}, the second {2, 3, 6, 7}.
  EXPECT_EQ(proof_of({32, 32, 0, 0, 32, 32, 0, 0}, 1, 8), LaneBound::fours);
  EXPECT_EQ(proof_of({32, 32, 0, 0, 32, 33, 0, 0}, 1, 8), LaneBound::pairs);
  EXPECT_EQ(proof_of({0, 0, -64, -64, 0, 0, -1, 0}, 1, 8), LaneBound::pairs);
  EXPECT_EQ(proof_of({0, 0, -64, -64, 0, 0, 127, 0}, 1, 8), LaneBound::fours);  // signs do not cancel, nor add
  EXPECT_EQ(proof_of({64, 65, 0, 0, 0, 0, 0, 0}, 1, 8), LaneBound::none);
  EXPECT_EQ(proof_of({0, 64, 65, 0, 0, 0, 0, 0}, 1, 8), LaneBound::fours);  // neighbours of different pairs
  std::vector<int8_t> many(20 * 12, 1);
  EXPECT_EQ(proof_of(many, 20, 12), LaneBound::fours);
  many[19 * 12 + 8] = many[19 * 12 + 9] = 100;  // the last channel, in the group of four after the last eight
  EXPECT_EQ(proof_of(many, 20, 12), LaneBound::none);
}

// Normal, heavy-tailed, one-sided, sparse with outliers.
std::vector<std::vector<float>> channels(Random& random, int64_t k) {
  std::vector<std::vector<float>> all;
  all.push_back(random.normal(k, 0.05f));
  all.push_back(random.normal(k));
  for (float& w : all.back()) w = w * w * w;
  all.push_back(random.normal(k));
  for (float& w : all.back()) w = std::abs(w);
  all.push_back(std::vector<float>(static_cast<size_t>(k), 0.001f));
  for (int64_t i = 0; i < k; i += 7) all.back()[static_cast<size_t>(i)] = i % 2 == 0 ? 1.0f : -1.0f;
  all.push_back(std::vector<float>(static_cast<size_t>(k), -1.0f));
  return all;
}

TEST(LaneBound, QuantisedChannelsKeepTheirBoundAndReportTheirError) {
  Random random(1);
  for (const int64_t k : {1, 2, 3, 5, 8, 13, 64, 384, 1537}) {
    for (const auto& w : channels(random, k)) {
      for (const LaneBound bound : kBounds) {
        std::vector<int8_t> q(static_cast<size_t>(k));
        const QuantizedChannel channel = quantize_channel(w.data(), k, bound, q.data());
        EXPECT_GE(proof_of(q, 1, k), bound);
        double error = 0, energy = 0;
        for (int64_t i = 0; i < k; ++i) {
          const auto at = static_cast<size_t>(i);
          error += std::pow(static_cast<double>(channel.scale) * q[at] - w[at], 2);
          energy += static_cast<double>(w[at]) * w[at];
          EXPECT_LE(std::abs(int{q[at]}), 127);
        }
        // The report expands the square: k sums of doubles, each relative to the energy.
        EXPECT_NEAR(channel.squared_error, error, energy * static_cast<double>(k + 8) * 0x1p-50);
        EXPECT_LT(error, energy);
        if (bound == LaneBound::none) {
          EXPECT_EQ(channel.lowered, 0);
        }
      }
    }
  }
}

// The least squared error of one lane of four under a scale, over all integers from one above the nearest down to
// `reach` steps below it (towards zero and beyond).
double least_error(const std::array<float, 4>& w, float scale, int reach) {
  std::array<int, 4> nearest{}, q{};
  for (size_t i = 0; i < 4; ++i) nearest[i] = static_cast<int>(std::nearbyint(w[i] / scale));
  double least = std::numeric_limits<double>::infinity();
  const auto choose = [&](const auto& self, size_t i, double error, int positive, int negative) -> void {
    if (i == 4) {
      if (positive <= 128 && negative >= -128) least = std::min(least, error);
      return;
    }
    for (int down = -1; down <= reach; ++down) {
      q[i] = nearest[i] < 0 ? nearest[i] + down : nearest[i] - down;
      if (std::abs(q[i]) > 127) continue;
      const double grown = error + std::pow(double{scale} * q[i] - double{w[i]}, 2);
      self(self, i + 1, grown, positive + std::max(q[i], 0), negative + std::min(q[i], 0));
    }
  };
  choose(choose, 0, 0.0, 0, 0);
  return least;
}

// Greedy lowering is the joint optimum of each lane: no other integers are better under the scale that was found.
TEST(LaneBound, NoOtherIntegersAreBetterUnderTheSameScale) {
  Random random(5);
  int64_t lowered = 0;
  for (int round = 0; round < 30; ++round) {
    auto w = random.normal(8);
    for (float& x : w) x = (round % 3 == 0 ? x : std::abs(x)) + 0.3f;  // full lanes, of one sign or both
    std::vector<int8_t> q(8);
    const QuantizedChannel channel = quantize_channel(w.data(), 8, LaneBound::fours, q.data());
    lowered += channel.lowered;
    const double least = least_error({w[0], w[1], w[4], w[5]}, channel.scale, 14) +
                         least_error({w[2], w[3], w[6], w[7]}, channel.scale, 14);
    EXPECT_NEAR(channel.squared_error, least, 1e-4 * least);  // the search rounds w / scale to float
  }
  EXPECT_GT(lowered, 0);  // some of the best scales do fill a lane
}

// What others do on such a CPU is to halve the range; the bound must lose less, or it would be pointless.
TEST(LaneBound, LosesLessThanHalvingTheRange) {
  Random random(2);
  const int64_t k = 768;
  double bounded = 0, halved = 0;
  for (int round = 0; round < 20; ++round) {
    const auto w = random.normal(k);
    std::vector<int8_t> q(static_cast<size_t>(k));
    bounded += quantize_channel(w.data(), k, LaneBound::fours, q.data()).squared_error;
    float absmax = 0;
    for (float x : w) absmax = std::max(absmax, std::abs(x));
    for (float x : w) halved += std::pow(std::nearbyint(x * (63.0f / absmax)) * (absmax / 63.0f) - x, 2);
  }
  EXPECT_LT(bounded, halved);
}

TEST(LaneBound, ZeroChannels) {
  const std::vector<float> w(16, 0.0f);
  std::vector<int8_t> q(16, 5);
  for (const LaneBound bound : kBounds) {
    EXPECT_EQ(quantize_channel(w.data(), 16, bound, q.data()).scale, 0.0f);
    EXPECT_EQ(q, std::vector<int8_t>(16, 0));
  }
}

// Every kernel that a proof allows gives the same bits, on activations that fill every lane to the brim.
TEST(LaneBound, EveryKernelAgreesOnFullLanes) {
  Random random(3);
  for (const int64_t k : {1, 3, 4, 6, 8, 11, 12, 20, 64, 100}) {
    for (const int64_t n : {1, 16, 33}) {
      for (const int64_t rows : {1, 2, 3, 4, 5, 9}) {
        std::vector<int8_t> w(static_cast<size_t>(n * k));
        for (size_t i = 0; i < w.size(); ++i)
          w[i] = static_cast<int8_t>(i / static_cast<size_t>(k) % 2 == 0 ? 32 : -32);
        if (k >= 6) w[1] = 96, w[0] = 32, w[4] = 0, w[5] = 0;
        const auto scale = random.normal(n);
        std::vector<uint8_t> q(static_cast<size_t>(rows * round_up(k, 4)), 255);
        for (size_t i = 0; i < q.size(); i += 5) q[i] = static_cast<uint8_t>(random.integer(0, 255));
        const auto q_scale = random.normal(rows);
        const PackedS8Data packed = pack_linear_s8(w.data(), scale.data(), nullptr, n, k);
        ASSERT_EQ(packed.bound, LaneBound::fours);
        std::vector<float> expected;
        for (const LaneBound bound : kBounds) {
          for (const Context& ctx : contexts()) {
            PackedS8 view = packed.view();
            view.bound = bound;
            std::vector<float> y(static_cast<size_t>(rows * n));
            linear_s8(ctx, rows, q.data(), q_scale.data(), view, Activation::gelu_erf, y.data(), n);
            if (expected.empty()) expected = y;  // the scalar definition, which reads no bound
            EXPECT_TRUE(same_bits(expected, y)) << "k " << k << " n " << n << " rows " << rows;
          }
        }
      }
    }
  }
}

TEST(LaneBound, PackingKeepsTheBoundAskedFor) {
  Random random(4);
  const int64_t n = 35, k = 130;
  const auto w = random.normal(n * k, 0.1f);
  EXPECT_EQ(pack_linear_s8(w.data(), nullptr, n, k, LaneBound::fours).bound, LaneBound::fours);
  EXPECT_GE(pack_linear_s8(w.data(), nullptr, n, k, LaneBound::pairs).bound, LaneBound::pairs);
  EXPECT_EQ(pack_linear_s8(w.data(), nullptr, n, k).bound, LaneBound::none);
}

}  // namespace
}  // namespace octavo::testing
