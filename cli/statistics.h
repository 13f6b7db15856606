#pragma once

#include <vector>

namespace octavo::cli {

// Not empty.
[[nodiscard]] inline double median_of_sorted(const std::vector<double>& values) {
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

}  // namespace octavo::cli
