// Operators without a kernel of their own: loops over strided views.
#include "generic.h"

#include <cmath>
#include <limits>

#include "tests/emit/fixtures.h"
#include "tests/emit/running.h"

namespace octavo::emit::test {
namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon() / 2;

class Generic : public testing::TestWithParam<std::pair<size_t, size_t>> {
 protected:
  const size_t B_ = GetParam().first, S_ = GetParam().second;
  std::vector<float> a_ = std::vector<float>(B_ * S_ * 6);
  std::vector<int64_t> n_ = std::vector<int64_t>(B_ * S_);
  std::map<std::string, Array> out_;

  void SetUp() override {
    Numbers numbers(S_);
    for (float& value : a_) value = numbers.uniform(-2, 2);
    for (int64_t& value : n_) value = numbers.below(9) - 4;
    const auto B = static_cast<int64_t>(B_), S = static_cast<int64_t>(S_);
    Runner runner(generic_program(), "generic");
    out_ = runner.run({Array::of(OCTAVO_F32, {B, S, 6}, a_), Array::of(OCTAVO_I64, {B, S}, n_)});
  }
  [[nodiscard]] float a(size_t b, size_t s, size_t i) const { return a_[(b * S_ + s) * 6 + i]; }
};

TEST_P(Generic, AProductWithATransposedViewAndSoftmaxAcrossRows) {
  std::vector<double> expected(B_ * S_ * S_);
  for (size_t b = 0; b < B_; ++b) {
    for (size_t j = 0; j < S_; ++j) {
      double sum = 0;
      std::vector<double> column(S_);
      for (size_t i = 0; i < S_; ++i) {
        double product = 0;
        for (size_t k = 0; k < 6; ++k) product += double{a(b, i, k)} * a(b, j, k);
        sum += column[i] = std::exp(product);
      }
      for (size_t i = 0; i < S_; ++i) expected[(b * S_ + i) * S_ + j] = column[i] / sum;
    }
  }
  // Scores of at most 6*4 with 6 roundings, twice; the sum of S terms, exp and the division. Probabilities are at most 1.
  const double bound = 2 * 6 * kEpsilon * 24 + (static_cast<double>(S_) + 8) * kEpsilon;
  expect_near(out_["soft"].as<float>(), expected, bound);
}

TEST_P(Generic, AReshapeOfATransposedViewIsACopy) {
  std::vector<float> expected;
  for (size_t b = 0; b < B_; ++b) {
    for (size_t i = 0; i < 6; ++i) {
      for (size_t s = 0; s < S_; ++s) expected.push_back(a(b, s, i));
    }
  }
  EXPECT_EQ(out_["flat"].as<float>(), expected);
}

TEST_P(Generic, BroadcastsSelectAndConcatenation) {
  const std::vector<float> row = tensor("generic", "row");
  std::vector<double> expected;
  for (size_t at = 0; at < B_ * S_; ++at) {
    double mean = 0;
    std::vector<double> centred(6);
    for (size_t i = 0; i < 6; ++i) mean += (centred[i] = double{a_[at * 6 + i]} + row[i]) / 6;
    for (double& value : centred) value -= mean;
    expected.insert(expected.end(), centred.begin(), centred.end());
    expected.insert(expected.end(), centred.begin() + 3, centred.end());
  }
  // The sum, its mean over 6 and the difference, on values of at most 3 and means of at most 3.
  expect_near(out_["both"].as<float>(), expected, (1 + 7 + 1) * kEpsilon * 6);
}

TEST_P(Generic, IntegersAreExact) {
  std::vector<int64_t> chosen, counts;
  std::vector<uint8_t> later;
  for (size_t b = 0; b < B_; ++b) {
    int64_t running = 0, count = 0;
    for (size_t s = 0; s < S_; ++s) {
      running += n_[b * S_ + s] * static_cast<int64_t>(s);
      const bool greater = running > 3 + 2 * static_cast<int64_t>(s);
      later.push_back(greater ? 1 : 0);
      chosen.push_back(greater ? running : -7);
      count += chosen.back();
    }
    counts.push_back(count);
  }
  EXPECT_EQ(out_["later"].as<uint8_t>(), later);
  EXPECT_EQ(out_["later"].dtype, OCTAVO_BOOL);
  EXPECT_EQ(out_["chosen"].as<int64_t>(), chosen);
  EXPECT_EQ(out_["counts"].as<int64_t>(), counts);
}

TEST_P(Generic, AnOutputThatIsAViewIsCopied) {
  std::vector<float> expected;
  for (size_t b = 0; b < B_; ++b) {
    for (size_t i = 0; i < 6; ++i) expected.push_back(std::max(0.0F, 1.5F * a(b, 0, i)));
  }
  EXPECT_EQ(out_["first"].as<float>(), expected);
  EXPECT_EQ(out_["first"].shape, (std::vector<int64_t>{static_cast<int64_t>(B_), 6}));
}

INSTANTIATE_TEST_SUITE_P(Sizes, Generic,
                         testing::Values(std::pair<size_t, size_t>{1, 1}, std::pair<size_t, size_t>{2, 5},
                                         std::pair<size_t, size_t>{4, 16}));

}  // namespace
}  // namespace octavo::emit::test
