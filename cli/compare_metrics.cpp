#include "cli/compare_metrics.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace octavo::cli {

void Closeness::add(const std::vector<float>& reference, const std::vector<float>& candidate, int64_t last) {
  if (reference.size() != candidate.size()) {
    throw base::Error(base::Exit::refused, {},
                      "the two models give different numbers of elements: " + std::to_string(reference.size()) +
                          " and " + std::to_string(candidate.size()));
  }
  const auto width = static_cast<size_t>(std::max<int64_t>(last, 1));
  for (size_t begin = 0; begin + width <= reference.size(); begin += width) {
    double dot = 0, aa = 0, bb = 0;
    for (size_t i = begin; i < begin + width; ++i) {
      const double a = reference[i], b = candidate[i], error = a - b;
      dot += a * b;
      aa += a * a;
      bb += b * b;
      noise_ += error * error;
      // A NaN on either side must not pass for closeness.
      max_error_ = std::isnan(error) ? std::numeric_limits<double>::infinity() : std::max(max_error_, std::abs(error));
    }
    signal_ += aa;
    double cosine = aa == bb && aa == 0 ? 1 : dot / std::sqrt(aa * bb);  // two zero vectors agree
    if (!std::isfinite(cosine)) cosine = 0;
    cosine_sum_ += cosine;
    cosine_min_ = std::min(cosine_min_, cosine);
    const auto a = reference.begin() + static_cast<std::ptrdiff_t>(begin),
               b = candidate.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto w = static_cast<std::ptrdiff_t>(width);
    agreed_ += std::max_element(a, a + w) - a == std::max_element(b, b + w) - b ? 1 : 0;
    ++vectors_;
  }
}

double Closeness::sqnr_db() const {
  if (noise_ == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(signal_ / noise_);
}

}  // namespace octavo::cli
