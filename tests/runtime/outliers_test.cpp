// Weights whose integers are kept: bounded panels and an outlier list are the same weights and give the same bits as the
// full-range product, with every kernel.
#include "runtime/kernels/linear_s8/outliers.h"

#include <cstring>

#include "runtime/kernels/linear_s8/lane_bound.h"
#include "runtime/kernels/linear_s8/pack.h"
#include "runtime/tensor.h"
#include "tests/runtime/support.h"

namespace octavo::testing {
namespace {

constexpr LaneBound kBounds[] = {LaneBound::pairs, LaneBound::fours};

std::vector<int8_t> weights(Random& random, const std::string& kind, int64_t n, int64_t k) {
  std::vector<int8_t> w(static_cast<size_t>(n * k));
  if (kind == "uniform")
    for (size_t i = 0; i < w.size(); ++i) w[i] = static_cast<int8_t>(random.integer(-128, 127));
  if (kind == "all 127") std::fill(w.begin(), w.end(), int8_t{127});
  if (kind == "all -128") std::fill(w.begin(), w.end(), int8_t{-128});
  if (kind == "signs alternate")
    for (size_t i = 0; i < w.size(); ++i) w[i] = i % 3 == 0 ? int8_t{-127} : int8_t{127};
  if (kind == "heavy tails") {
    const auto z = random.normal(n * k);
    for (size_t i = 0; i < w.size(); ++i)
      w[i] = static_cast<int8_t>(std::clamp(std::nearbyintf(z[i] * z[i] * z[i] * 8.0f), -127.0f, 127.0f));
  }
  if (kind == "one column") w[static_cast<size_t>(n / 2 * k)] = w[static_cast<size_t>(n / 2 * k + k / 2)] = 127;
  return w;
}
constexpr const char* kKinds[] = {"uniform", "all 127", "all -128", "signs alternate", "heavy tails", "one column"};

TEST(Outliers, PanelsAndOutliersAreTheWeights) {
  Random random(1);
  for (const char* kind : kKinds)
    for (const LaneBound bound : kBounds)
      for (auto [n, k] : std::initializer_list<std::pair<int64_t, int64_t>>{{1, 2}, {7, 5}, {16, 8}, {33, 67}}) {
        const auto w = weights(random, kind, n, k);
        auto bounded = w;
        const auto list = take_outliers(bounded.data(), n, k, bound);
        const std::vector<float> scale(static_cast<size_t>(n), 1.0f);
        EXPECT_GE(proven_bound(pack_linear_s8(bounded.data(), scale.data(), nullptr, n, k).view()), bound) << kind;
        for (size_t i = 0; i < w.size(); ++i) {
          EXPECT_LE(std::abs(bounded[i]), std::abs(w[i]));
          EXPECT_GE(bounded[i] * w[i], 0);
        }
        if (list.empty()) {
          EXPECT_EQ(bounded, w);
          continue;
        }
        EXPECT_EQ(outliers_complaint(std::as_bytes(std::span(list)), n, k), nullptr);
        add_outliers(list.data(), n, k, bounded.data());
        EXPECT_EQ(bounded, w) << kind;
        const PackedS8Data packed = pack_linear_s8_bounded(w.data(), scale.data(), nullptr, n, k, bound, 20);
        EXPECT_EQ(unpack_linear_s8(packed.view()), w) << kind;
        EXPECT_GE(packed.bound, bound);
        for (int64_t row = 0; row < n; ++row) {
          int32_t sum = 0;
          for (int64_t i = 0; i < k; ++i) sum += w[static_cast<size_t>(row * k + i)];
          EXPECT_EQ(packed.offset[static_cast<size_t>(row)], -20 * sum);
        }
      }
}

// The list is short: no lane is corrected where it holds, and no more weights than its excess needs.
TEST(Outliers, TakesAsFewWeightsAsWillDo) {
  Random random(2);
  for (int round = 0; round < 200; ++round) {
    const auto w = weights(random, round % 2 == 0 ? "uniform" : "heavy tails", 1, 8);
    auto bounded = w;
    const auto list = take_outliers(bounded.data(), 1, 8, LaneBound::fours);
    int64_t least = 0;
    for (const int first : {0, 2})
      for (const int sign : {1, -1}) {
        std::vector<int> lane;
        int excess = -128;
        for (const int at : {first, first + 1, first + 4, first + 5}) {
          lane.push_back(std::max(0, sign * w[static_cast<size_t>(at)]));
          excess += lane.back();
        }
        int fewest = excess > 0 ? 4 : 0;
        for (int subset = 1; subset < 16 && excess > 0; ++subset) {
          int can = 0;
          for (size_t i = 0; i < 4; ++i) can += (subset >> i & 1) != 0 ? lane[i] : 0;
          if (can >= excess) fewest = std::min(fewest, __builtin_popcount(static_cast<unsigned>(subset)));
        }
        least += fewest;
      }
    EXPECT_EQ(list.empty() ? 0 : outlier_entries(list.data(), 1), least);
  }
}

struct Product {
  int64_t rows, n, k;
  std::vector<int8_t> w;
  std::vector<uint8_t> q;
  std::vector<float> q_scale, scale, bias, residual;

  Product(Random& random, const char* kind, int64_t rows, int64_t n, int64_t k)
      : rows(rows), n(n), k(k), w(weights(random, kind, n, k)) {
    for (int64_t v : random.integers(rows * round_up(k, 4), 0, 255)) q.push_back(static_cast<uint8_t>(v));
    for (size_t i = 0; i < q.size(); i += 3) q[i] = 255;  // lanes filled to the brim
    q_scale = random.normal(rows);
    scale = random.normal(n);
    bias = random.normal(n);
    residual = random.normal(rows * n);
  }
  // The formula of linear_s8.h over the full weights.
  std::vector<float> reference(int32_t zero_point) const {
    std::vector<float> y;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < n; ++c) {
        int64_t acc = 0;
        for (int64_t i = 0; i < k; ++i)
          acc += (int64_t{q[static_cast<size_t>(r * round_up(k, 4) + i)]} - zero_point) *
                 w[static_cast<size_t>(c * k + i)];
        const auto column = static_cast<size_t>(c);
        y.push_back(std::fma(static_cast<float>(acc) * q_scale[static_cast<size_t>(r)], scale[column], bias[column]) +
                    residual[static_cast<size_t>(r * n + c)]);
      }
    return y;
  }
  std::vector<float> run(const Context& ctx, const PackedS8& packed) const {
    std::vector<float> y(static_cast<size_t>(rows * n));
    linear_s8(ctx, rows, q.data(), q_scale.data(), packed, Activation::none, y.data(), n, {residual.data(), n});
    return y;
  }
  void expect_reference_everywhere(LaneBound bound, int32_t zero_point, const std::string& what) const {
    const PackedS8Data packed = pack_linear_s8_bounded(w.data(), scale.data(), bias.data(), n, k, bound, zero_point);
    const auto y = same_everywhere([&](const Context& ctx) { return run(ctx, packed.view()); });
    EXPECT_TRUE(same_bits(reference(zero_point), y)) << what << ": " << rows << " x " << n << " x " << k;
  }
};

TEST(Outliers, EveryKernelGivesTheBitsOfTheFullWeights) {
  Random random(3);
  for (const char* kind : kKinds)
    for (const LaneBound bound : kBounds)
      for (auto [rows, n, k] : std::initializer_list<std::array<int64_t, 3>>{
               {1, 1, 2}, {2, 16, 8}, {3, 33, 67}, {9, 100, 30}, {17, 48, 130}, {40, 21, 50}})
        Product(random, kind, rows, n, k).expect_reference_everywhere(bound, rows % 2 == 0 ? 20 : 128, kind);
}

// More rows than one pass takes, more panels than fit the sums, and rows too long to be transposed.
TEST(Outliers, LargeProducts) {
  Random random(4);
  Product(random, "heavy tails", 150, 20, 24).expect_reference_everywhere(LaneBound::pairs, 128, "many rows");
  Product(random, "heavy tails", 140, 240, 16).expect_reference_everywhere(LaneBound::fours, 20, "many panels");
  Product(random, "uniform", 5, 18, 4500).expect_reference_everywhere(LaneBound::pairs, 128, "short of rows");
  Product(random, "uniform", 3, 17, 11300).expect_reference_everywhere(LaneBound::fours, 128, "long rows");
  Product(random, "all -128", 2, 16, kMaxLinearS8K).expect_reference_everywhere(LaneBound::pairs, 0, "longest rows");
}

// Kernels that dispatch would not take for these weights, too.
TEST(Outliers, EachKernelOfTheListStartsFromTheSums) {
  Random random(5);
  for (const char* isa : runnable())
    for (const LinearS8Kernel& kernel : choose_kernels(isa).linear_s8) {
      Kernels only = choose_kernels(isa);
      only.linear_s8 = {&kernel, 1};
      only.trusted = kernel.bound;
      for (const int64_t rows : {1, 5, 13, 35}) {
        const Product p(random, "uniform", rows, 61, 44);
        const PackedS8Data packed =
            pack_linear_s8_bounded(p.w.data(), p.scale.data(), p.bias.data(), p.n, p.k, LaneBound::fours);
        EXPECT_TRUE(same_bits(p.reference(128), p.run({only, pool(1)}, packed.view()))) << kernel.name << ", " << rows;
      }
    }
}

TEST(Outliers, ItsKernelsGiveTheSumsOfTheScalarOne) {
  Random random(6);
  const OutliersS8Kernel& scalar = choose_kernels("scalar").outliers_s8;
  for (const char* isa : runnable()) {
    const OutliersS8Kernel& kernel = choose_kernels(isa).outliers_s8;
    EXPECT_EQ(kernel.name, "outliers_s8_16x16__" + std::string(kernel.isa));
    for (const int64_t rows : {1, 7, 8, 9, 16})
      for (const int64_t k : {4, 16, 52}) {
        const Product p(random, "uniform", rows, 35, k);
        const PackedS8Data packed =
            pack_linear_s8_bounded(p.w.data(), p.scale.data(), nullptr, p.n, k, LaneBound::pairs);
        const PackedS8 w = packed.view();
        const auto sums = [&](const OutliersS8Kernel& which) {
          alignas(64) uint8_t transposed[52 * 16];
          which.transpose(rows, k, p.q.data(), transposed);
          for (int64_t i = 0; i < k * 16; ++i)
            EXPECT_EQ(transposed[i], i % 16 < rows ? p.q[static_cast<size_t>(i % 16 * k + i / 16)] : 0);
          std::vector<int32_t> start(2 * 300, 5);
          which.sum({rows, transposed, &w, 1, 3, start.data(), 300});
          for (int64_t i = 0; i < 600; ++i)  // rows that are not needed may hold anything
            if (i % 300 / 16 >= rows && i % 300 < 256) start[static_cast<size_t>(i)] = 0;
          return start;
        };
        EXPECT_EQ(sums(scalar), sums(kernel)) << kernel.name << ": " << rows << " rows, k " << k;
      }
  }
}

TEST(Outliers, AListFromAFileIsCheckedWhole) {
  Random random(7);
  const int64_t n = 18, k = 8;
  auto w = weights(random, "uniform", n, k);
  const auto good = take_outliers(w.data(), n, k, LaneBound::fours);
  ASSERT_GT(outlier_entries(good.data(), n), 20);
  const auto complaint = [&](const std::vector<uint32_t>& list, int64_t rows, int64_t columns) {
    const char* found = outliers_complaint(std::as_bytes(std::span(list)), rows, columns);
    return std::string(found == nullptr ? "" : found);
  };
  EXPECT_EQ(complaint(good, n, k), "");
  EXPECT_NE(complaint(good, n, k - 1), "");  // an index is now beyond the columns
  EXPECT_NE(complaint(good, n - 3, k), "");  // of another matrix
  EXPECT_NE(complaint(good, n + 1000, k), "");
  for (size_t words = 0; words < good.size(); ++words)
    EXPECT_NE(complaint({good.begin(), good.begin() + static_cast<ptrdiff_t>(words)}, n, k), "") << words;
  EXPECT_STREQ(outliers_complaint(std::as_bytes(std::span(good)).first(good.size() * 4 - 1), n, k), "is too short");
  // Whatever is accepted stays within the matrix: by the sanitizers here, and by the comparison of the weights it gives.
  for (int round = 0; round < 20000; ++round) {
    auto list = good;
    for (int64_t edits = random.integer(1, 3); edits > 0; --edits)
      list[static_cast<size_t>(random.integer(0, static_cast<int64_t>(list.size()) - 1))] ^= 1u
                                                                                             << random.integer(0, 31);
    if (!complaint(list, n, k).empty()) continue;
    for (int64_t c = 0; c < 32; ++c) ASSERT_LE(list[static_cast<size_t>(c)], list[static_cast<size_t>(c + 1)]);
    ASSERT_EQ(list[32] + 33, list.size());
    for (size_t e = 33; e < list.size(); ++e) ASSERT_LT(list[e] & kOutliersK, k);
  }
}

}  // namespace
}  // namespace octavo::testing
