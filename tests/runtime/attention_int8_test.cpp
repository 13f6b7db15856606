// Attention with INT8 products against plain loops over the integers that docs/numerics.md defines.
#include "runtime/error.h"
#include "tests/runtime/attention_case.h"

namespace octavo::testing {
namespace {

Case int8_case(Random& random, int64_t batch, int64_t heads, int64_t q_len, int64_t k_len, int64_t head_dim) {
  Case c = random_case(random, batch, heads, q_len, k_len, head_dim);
  c.int8_scores = c.int8_context = true;
  return c;
}

// One row of a head as the kernel sees it: `scale` is 1 where the product is in FP32.
struct Quantised {
  std::vector<double> q;
  double scale = 1;
};

Quantised quantised(const float* x, int64_t d, bool int8, float static_scale) {
  Quantised row{std::vector<double>(x, x + d), 1};
  if (!int8) return row;
  float peak = 0;
  for (int64_t i = 0; i < d; ++i) peak = std::max(peak, std::abs(x[i]));
  const float inverse = static_scale > 0 ? 1.0f / static_scale : peak > 0 ? 127.0f / peak : 0.0f;
  for (double& v : row.q) v = std::nearbyint(std::clamp(static_cast<float>(v) * inverse, -127.0f, 127.0f));
  row.scale = static_cast<double>(static_scale > 0 ? static_scale : peak / 127.0f);
  return row;
}

// In double, over the integers. A score has the roundings of its scale and of one product, an FP32 one those of its sum; both
// become relative errors of the weights, twice (weight and sum). A weight as an integer of 15 bits is off by half a step of the
// largest, which the last product takes times the integer of v.
Row reference(const Case& c, int64_t b, int64_t h, int64_t i) {
  const auto at = [&](int64_t part, int64_t row) {
    return &c.qkv[static_cast<size_t>((b * c.rows() + row) * 3 * c.width() + part * c.width() + h * c.head_dim)];
  };
  const double scale = 1.0f / std::sqrt(static_cast<float>(c.head_dim));
  const int64_t visible = c.causal ? std::clamp<int64_t>(i + 1 + c.k_len - c.q_len, 0, c.k_len) : c.k_len;
  const Quantised q = quantised(at(0, i), c.head_dim, c.int8_scores, c.q_scale);
  std::vector<double> weight;
  std::vector<Quantised> values;
  double top = -1e300, magnitude = 0;
  for (int64_t j = 0; j < visible; ++j) {
    const Quantised k = quantised(at(1, j), c.head_dim, c.int8_scores, c.k_scale);
    double dot = 0, size = 0, m = 0;
    for (size_t d = 0; d < q.q.size(); ++d) {
      dot += q.q[d] * k.q[d];
      size += std::abs(q.q[d] * k.q[d]);
    }
    if (!c.mask.empty()) m = c.mask[static_cast<size_t>(b * c.k_len + j)];
    if (!c.full_mask.empty()) m = c.full_mask[static_cast<size_t>(((b * c.heads + h) * c.q_len + i) * c.k_len + j)];
    weight.push_back(dot * q.scale * k.scale * scale + m);
    top = std::max(top, weight.back());
    if (m > -1e3) magnitude = std::max(magnitude, size * q.scale * k.scale * scale + std::abs(m));
    values.push_back(quantised(at(2, j), c.head_dim, c.int8_context, c.v_scale));
  }
  double sum = 0, largest = 0;
  for (size_t j = 0; j < weight.size(); ++j) {
    sum += weight[j] = std::exp(weight[j] - top);
    largest = std::max(largest, weight[j] * values[j].scale);
  }
  const double roundings = c.int8_scores ? 6.0 : static_cast<double>(c.head_dim) + 4;
  const double relative = kEps * (2 * magnitude * roundings + 2 * static_cast<double>(visible) + 50);
  Row row{std::vector<double>(q.q.size()), std::vector<double>(q.q.size())};
  for (size_t d = 0; d < q.q.size(); ++d)
    for (size_t j = 0; j < weight.size(); ++j) {
      const double term = weight[j] / sum * values[j].scale * values[j].q[d];
      row.exact[d] += term;
      row.bound[d] += std::abs(term) * relative;
      if (c.int8_context) row.bound[d] += 0.51 * largest / 32767 / sum * std::abs(values[j].q[d]);
    }
  return row;
}

void expect_close(const Case& c) { expect_within_bounds(c, reference); }

TEST(AttentionInt8, ErrorIsWithinItsBound) {
  Random random(1);
  for (auto [q_len, k_len] :
       std::initializer_list<std::pair<int64_t, int64_t>>{{1, 1}, {1, 40}, {7, 7}, {33, 33}, {4, 100}})
    for (int64_t head_dim : {1, 16, 20, 64})
      for (bool causal : {false, true}) {
        Case c = int8_case(random, 2, 2, q_len, k_len, head_dim);
        c.causal = causal;
        expect_close(c);
      }
}

TEST(AttentionInt8, OneProductAloneAndCalibratedScales) {
  Random random(2);
  for (bool scores : {false, true})
    for (float static_scale : {0.0f, 0.01f}) {  // 0.01 clamps what is beyond 1.27
      Case c = int8_case(random, 2, 2, 20, 33, 40);
      c.int8_scores = scores;
      c.int8_context = !scores;
      c.q_scale = c.k_scale = c.v_scale = static_scale;
      c.full_mask = random.normal(2 * 2 * 20 * 33);
      for (size_t i = 0; i < c.full_mask.size(); i += 3) c.full_mask[i] = -kInf;
      expect_close(c);
    }
}

// More rows than go through together, and more keys than one exact sum takes.
TEST(AttentionInt8, LongSequences) {
  Random random(3);
  for (bool causal : {false, true}) {
    Case c = int8_case(random, 1, 1, 31, 1100, 36);
    c.causal = causal;
    c.mask = random.normal(1100);
    expect_close(c);
  }
}

// Every integer at its end: the largest sums that there are.
TEST(AttentionInt8, TheLargestSumsAreExact) {
  for (float sign : {1.0f, -1.0f}) {
    Case c{.batch = 1, .heads = 1, .q_len = 2, .k_len = 600, .head_dim = 64};
    c.qkv.assign(static_cast<size_t>(600 * 3 * 64), sign);
    c.int8_scores = c.int8_context = true;
    for (float y : same_everywhere([&](const Context& x) { return run(x, c); })) EXPECT_NEAR(y, sign, 600 * kEps);
  }
}

TEST(AttentionInt8, APaddedSequenceAnswersAsAlone) {
  Random random(4);
  for (float masked : {-1e4f, -kInf})
    for (int64_t length : {1, 6, 16, 17, 31, 530})
      for (bool causal : {false, true}) {
        const int64_t padded = length + 40;
        Case batch = int8_case(random, 2, 2, padded, padded, 20);
        batch.causal = causal;
        batch.mask.assign(static_cast<size_t>(2 * padded), 0.0f);
        for (int64_t j = length; j < padded; ++j) batch.mask[static_cast<size_t>(padded + j)] = masked;
        Case alone = int8_case(random, 1, 2, length, length, 20);
        alone.causal = causal;
        const int64_t row = 3 * alone.width();
        std::copy_n(batch.qkv.begin() + padded * row, length * row, alone.qkv.begin());
        const auto all = run(context("scalar"), batch);
        const auto begin = all.begin() + padded * alone.width();
        EXPECT_TRUE(same_bits(run(context("scalar"), alone), std::vector<float>(begin, begin + length * alone.width())))
            << masked << " " << length;
      }
}

TEST(AttentionInt8, OneRowAtATimeIsTheWhole) {
  Random random(5);
  Case whole = int8_case(random, 1, 2, 40, 40, 16);
  whole.causal = true;
  const auto all = run(context("scalar"), whole);
  for (int64_t i = 0; i < 40; ++i) {
    Case one = whole;
    one.q_len = 1;
    one.k_len = i + 1;
    std::copy_n(whole.qkv.begin() + i * 3 * whole.width(), whole.width(), one.qkv.begin());  // its query comes first
    const std::vector<float> expected(all.begin() + i * whole.width(), all.begin() + (i + 1) * whole.width());
    EXPECT_TRUE(same_bits(expected, same_everywhere([&](const Context& x) { return run(x, one); }))) << i;
  }
}

// A row that is not finite is poisoned, and so is every row that sees it; the others keep their bits.
TEST(AttentionInt8, NaNAndInfinityReachTheRowsThatSeeThem) {
  Random random(6);
  const int64_t length = 30, head_dim = 16;
  for (float bad : {kNaN, kInf, -kInf})
    for (float static_scale : {0.0f, 0.02f})
      for (int64_t part : {0, 1, 2})
        for (bool causal : {false, true}) {
          Case c = int8_case(random, 1, 2, length, length, head_dim);
          c.causal = causal;
          c.q_scale = c.k_scale = c.v_scale = static_scale;
          const auto before = run(context("scalar"), c);
          c.qkv[static_cast<size_t>(13 * 3 * c.width() + part * c.width() + head_dim + 5)] = bad;  // row 13 of head 1
          const auto y = same_everywhere([&](const Context& x) { return run(x, c); });
          for (int64_t i = 0; i < length; ++i)
            for (int64_t d = 0; d < 2 * head_dim; ++d) {
              const auto at = static_cast<size_t>(i * c.width() + d);
              const bool row = part == 0 ? i == 13 : !causal || i >= 13;
              if (d >= head_dim && row)
                EXPECT_TRUE(std::isnan(y[at])) << part << " row " << i << " d " << d;
              else
                EXPECT_TRUE(same_bits(before[at], y[at])) << part << " row " << i << " d " << d;
            }
        }
}

TEST(AttentionInt8, TheSameBitsForAnyInput) {
  Random random(7);
  for (auto [q_len, k_len] : std::initializer_list<std::pair<int64_t, int64_t>>{{7, 7}, {30, 70}}) {
    Case c = int8_case(random, 1, 2, q_len, k_len, 20);
    c.qkv = random.any_bits(static_cast<int64_t>(c.qkv.size()));
    c.mask = random.any_bits(k_len);
    same_everywhere([&](const Context& x) { return run(x, c); });
  }
}

TEST(AttentionInt8, RowsWithoutKeysAndZeros) {
  Random random(8);
  Case causal = int8_case(random, 1, 1, 20, 4, 16);
  causal.causal = true;
  const auto y = same_everywhere([&](const Context& x) { return run(x, causal); });
  for (size_t i = 0; i < y.size(); ++i) EXPECT_EQ(same_bits(y[i], 0.0f), i < 16 * 16);
  Case zeros = int8_case(random, 1, 1, 5, 9, 16);
  std::fill(zeros.qkv.begin(), zeros.qkv.end(), 0.0f);
  for (float v : same_everywhere([&](const Context& x) { return run(x, zeros); })) EXPECT_TRUE(same_bits(v, 0.0f));
  Case wide = int8_case(random, 1, 1, 1, 1, kMostInt8HeadDim + 1);
  EXPECT_THROW(run(context("scalar"), wide), Error);
}

}  // namespace
}  // namespace octavo::testing
