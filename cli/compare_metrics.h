// How near one set of numbers is to another. Vectors are taken along the last dim; several tensors add up.
//
//   cosine   a.b / (|a| |b|) of each vector: mean and minimum
//   SQNR     10 log10(sum reference^2 / sum (reference - candidate)^2), dB, over all elements; infinite when equal
//   agreement  share of vectors whose largest element is at the same place
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace octavo::cli {

class Closeness {
 public:
  // Both hold `count` elements; `last` is the last dim, 1 for a scalar.
  void add(const std::vector<float>& reference, const std::vector<float>& candidate, int64_t last);

  [[nodiscard]] bool empty() const { return vectors_ == 0; }
  [[nodiscard]] double cosine_mean() const { return cosine_sum_ / static_cast<double>(vectors_); }
  [[nodiscard]] double cosine_min() const { return cosine_min_; }
  [[nodiscard]] double sqnr_db() const;
  [[nodiscard]] double agreement() const { return static_cast<double>(agreed_) / static_cast<double>(vectors_); }
  [[nodiscard]] double max_error() const { return max_error_; }

 private:
  int64_t vectors_ = 0, agreed_ = 0;
  double cosine_sum_ = 0, cosine_min_ = 1;
  double signal_ = 0, noise_ = 0, max_error_ = 0;
};

}  // namespace octavo::cli
