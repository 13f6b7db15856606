#include "tests/runtime/attention_case.h"

namespace octavo::testing {
namespace {

// One output row in double, with the error each output may have: the scores carry (head_dim + 2) roundings of their
// magnitude, which become relative errors of the weights, twice (weight and sum); exp, the sum and the last product add theirs.
Row reference(const Case& c, int64_t b, int64_t h, int64_t i) {
  const auto at = [&](int64_t part, int64_t row, int64_t d) {
    return static_cast<double>(
        c.qkv[static_cast<size_t>((b * c.rows() + row) * 3 * c.width() + part * c.width() + h * c.head_dim + d)]);
  };
  const double scale = 1.0f / std::sqrt(static_cast<float>(c.head_dim));
  const int64_t visible = c.causal ? std::max<int64_t>(0, std::min(c.k_len, i + 1 + c.k_len - c.q_len)) : c.k_len;
  std::vector<double> s;
  double top = -1e300, magnitude = 0;
  for (int64_t j = 0; j < visible; ++j) {
    double dot = 0, size = 0;
    for (int64_t d = 0; d < c.head_dim; ++d) {
      dot += at(0, i, d) * at(1, j, d);
      size += std::abs(at(0, i, d) * at(1, j, d));
    }
    double m = 0;
    if (!c.mask.empty()) m = c.mask[static_cast<size_t>(b * c.k_len + j)];
    if (!c.full_mask.empty()) m = c.full_mask[static_cast<size_t>(((b * c.heads + h) * c.q_len + i) * c.k_len + j)];
    s.push_back(dot * scale + m);
    top = std::max(top, s.back());
    if (m > -1e3) magnitude = std::max(magnitude, size * scale + std::abs(m));
  }
  double sum = 0;
  for (double& v : s) sum += v = std::exp(v - top);
  const double relative =
      kEps * (2 * magnitude * (static_cast<double>(c.head_dim) + 4) + 2 * static_cast<double>(visible) + 40);
  Row row{std::vector<double>(static_cast<size_t>(c.head_dim)), std::vector<double>(static_cast<size_t>(c.head_dim))};
  for (int64_t d = 0; d < c.head_dim; ++d)
    for (int64_t j = 0; j < visible; ++j) {
      const double term = s[static_cast<size_t>(j)] / sum * at(2, j, d);
      row.exact[static_cast<size_t>(d)] += term;
      row.bound[static_cast<size_t>(d)] += std::abs(term) * relative;
    }
  return row;
}

void expect_close(const Case& c) { expect_within_bounds(c, reference); }

TEST(Attention, ErrorIsWithinItsBound) {
  Random random(1);
  for (auto [q_len, k_len] :
       std::initializer_list<std::pair<int64_t, int64_t>>{{1, 1}, {1, 40}, {5, 5}, {17, 17}, {50, 50}, {4, 100}})
    for (int64_t head_dim : {1, 8, 16, 20, 64})
      for (bool causal : {false, true}) {
        Case c = random_case(random, 2, 3, q_len, k_len, head_dim);
        c.causal = causal;
        expect_close(c);
      }
}

TEST(Attention, MasksOfEveryKind) {
  Random random(2);
  Case c = random_case(random, 2, 2, 20, 33, 16);
  c.mask = random.normal(2 * 33);
  expect_close(c);
  c.mask.clear();
  c.full_mask = random.normal(2 * 2 * 20 * 33);
  for (size_t i = 0; i < c.full_mask.size(); i += 3) c.full_mask[i] = -kInf;
  expect_close(c);
}

// More rows than go through together, and more keys than one block of values holds.
TEST(Attention, LongSequences) {
  Random random(6);
  for (bool causal : {false, true})
    for (int64_t head_dim : {16, 36}) {
      Case c = random_case(random, 1, 1, 61, 531, head_dim);
      c.causal = causal;
      c.mask = random.normal(531);
      expect_close(c);
    }
}

// Generation: the keys and values are read in place.
TEST(Attention, FewRowsOverManyKeys) {
  Random random(11);
  for (int64_t q_len : {1, 2, 3, 4, 5})
    for (int64_t k_len : {1, 7, 33, 513})
      for (auto [head_dim, causal, masked] : std::initializer_list<std::tuple<int64_t, bool, bool>>{
               {20, true, false}, {48, true, true}, {80, false, true}}) {
        Case c = random_case(random, 1, 2, q_len, k_len, head_dim);
        c.causal = causal;
        if (masked) c.full_mask = random.normal(2 * q_len * k_len);
        expect_close(c);
      }
}

// A mask whose keys do not lie beside each other is the mask that does.
TEST(Attention, MaskStrides) {
  Random random(7);
  Case c = random_case(random, 1, 2, 9, 37, 16);
  c.full_mask = random.normal(2 * 9 * 37);
  const auto expected = run(context("scalar"), c);
  std::vector<float> wide(3 * c.full_mask.size());
  for (size_t i = 0; i < c.full_mask.size(); ++i) wide[3 * i] = c.full_mask[i];
  for (const Context& ctx : contexts()) {
    std::vector<float> out(expected.size());
    Attention a = arguments(c, out);
    a.mask = wide.data();
    a.mask_stride = {3 * 2 * 9 * 37, 3 * 9 * 37, 3 * 37};
    a.mask_key_stride = 3;
    std::vector<float> scratch(static_cast<size_t>(attention_scratch_bytes(37, 16, ctx.threads.count()) / 4));
    a.scratch = scratch.data();
    attention(ctx, a);
    EXPECT_TRUE(same_bits(expected, out)) << ctx.kernels.name;
  }
}

// What docs/numerics.md says of values that are not finite: which outputs they reach, and no others.
TEST(Attention, NaNAndInfinityReachTheRowsThatSeeThem) {
  Random random(8);
  const int64_t length = 30, head_dim = 16;
  const Case clean = random_case(random, 2, 2, length, length, head_dim);
  const auto expected = run(context("scalar"), clean);
  for (float bad : {kNaN, kInf, -kInf})
    for (int64_t part : {0, 1, 2})
      for (bool causal : {false, true}) {
        Case c = clean;
        c.causal = causal;
        const auto before = same_everywhere([&](const Context& x) { return run(x, c); });
        // batch 1, head 1, row 13, d 5
        c.qkv[static_cast<size_t>((length + 13) * 3 * c.width() + part * c.width() + head_dim + 5)] = bad;
        const auto y = same_everywhere([&](const Context& x) { return run(x, c); });
        for (int64_t b = 0; b < 2; ++b)
          for (int64_t i = 0; i < length; ++i)
            for (int64_t d = 0; d < 2 * head_dim; ++d) {
              const auto at = static_cast<size_t>((b * length + i) * c.width() + d);
              const bool head = b == 1 && d >= head_dim;
              const bool row = part == 0 ? i == 13 : !causal || i >= 13;
              if (!head || !row) {
                EXPECT_TRUE(same_bits(before[at], y[at])) << part << " row " << i << " d " << d;
              } else if (part == 2 && d - head_dim != 5) {  // a value reaches its own column only
                EXPECT_TRUE(same_bits(before[at], y[at])) << part << " row " << i << " d " << d;
              } else if (part == 2) {
                EXPECT_FALSE(std::isfinite(y[at]));
              } else if (bad != bad || part == 0) {  // in a query: every score of the row is NaN or an infinity
                EXPECT_TRUE(std::isnan(y[at])) << part << " row " << i << " d " << d;
              }
            }
      }
}

TEST(Attention, TheSameBitsForAnyInput) {
  Random random(9);
  for (auto [q_len, k_len] : std::initializer_list<std::pair<int64_t, int64_t>>{{7, 7}, {30, 70}}) {
    Case c = random_case(random, 1, 2, q_len, k_len, 20);
    c.qkv = random.any_bits(static_cast<int64_t>(c.qkv.size()));
    c.mask = random.any_bits(k_len);
    same_everywhere([&](const Context& x) { return run(x, c); });
  }
}

// Queries that come before the first key.
TEST(Attention, ACausalRowThatSeesNoKeyIsZero) {
  Random random(10);
  Case c = random_case(random, 1, 1, 20, 4, 16);
  c.causal = true;
  const auto y = same_everywhere([&](const Context& x) { return run(x, c); });
  for (size_t i = 0; i < 16 * 16; ++i) EXPECT_TRUE(same_bits(y[i], 0.0f));
  for (size_t i = 16 * 16; i < y.size(); ++i) EXPECT_NE(y[i], 0.0f);
}

// A sequence among longer ones, padded and masked, has every bit of the same sequence alone without a mask.
TEST(Attention, APaddedSequenceAnswersAsAlone) {
  Random random(3);
  for (float masked : {-1e4f, std::numeric_limits<float>::lowest(), -kInf})
    for (int64_t length : {1, 6, 15, 16, 17, 30})
      for (int64_t head_dim : {12, 32}) {
        const int64_t padded = 48;
        Case batch = random_case(random, 3, 2, padded, padded, head_dim);
        batch.mask.assign(static_cast<size_t>(3 * padded), 0.0f);
        for (int64_t j = length; j < padded; ++j) batch.mask[static_cast<size_t>(padded + j)] = masked;
        Case alone = random_case(random, 1, 2, length, length, head_dim);
        const auto row = static_cast<size_t>(3 * alone.width());
        std::copy_n(batch.qkv.begin() + static_cast<ptrdiff_t>(static_cast<size_t>(padded) * row),
                    static_cast<size_t>(length) * row, alone.qkv.begin());
        const auto expected = same_everywhere([&](const Context& x) { return run(x, alone); });
        const auto all = same_everywhere([&](const Context& x) { return run(x, batch); });
        const auto begin = all.begin() + padded * alone.width();
        EXPECT_TRUE(same_bits(expected, std::vector<float>(begin, begin + length * alone.width())))
            << masked << " " << length;
      }
}

// Causal decoding one row at a time gives the rows of the whole.
TEST(Attention, OneRowAtATimeIsTheWhole) {
  Random random(4);
  Case whole = random_case(random, 1, 2, 21, 21, 16);
  whole.causal = true;
  const auto all = run(context("scalar"), whole);
  for (int64_t i = 0; i < 21; ++i)
    for (const Context& ctx : contexts()) {
      std::vector<float> out(static_cast<size_t>(whole.width()));
      Attention a = arguments(whole, out);
      a.q += i * a.q_stride.row;
      a.q_len = 1;
      a.k_len = i + 1;
      std::vector<float> scratch(static_cast<size_t>(attention_scratch_bytes(i + 1, 16, ctx.threads.count()) / 4));
      a.scratch = scratch.data();
      attention(ctx, a);
      EXPECT_TRUE(same_bits({all.begin() + i * whole.width(), all.begin() + (i + 1) * whole.width()}, out));
    }
}

TEST(Attention, ARowWithoutKeysIsNaNOrEmpty) {
  Random random(5);
  Case c = random_case(random, 1, 1, 2, 20, 16);
  c.full_mask.assign(40, 0.0f);
  std::fill_n(c.full_mask.begin(), 20, -kInf);
  const auto y = same_everywhere([&](const Context& x) { return run(x, c); });
  for (size_t i = 0; i < 32; ++i) EXPECT_EQ(std::isnan(y[i]), i < 16);
  for (auto [batch, q_len] : std::initializer_list<std::pair<int64_t, int64_t>>{{0, 4}, {2, 0}})
    same_everywhere([&, batch = batch, q_len = q_len](const Context& x) {
      return run(x, random_case(random, batch, 2, q_len, 4, 8));
    });
}

}  // namespace
}  // namespace octavo::testing
