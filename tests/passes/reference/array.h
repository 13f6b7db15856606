// Arrays of doubles and their indices, as the reference computes with them.
#pragma once

#include <cstdint>
#include <vector>

#include "codegen/graph/graph.h"

namespace octavo::test {

using Index = std::vector<int64_t>;

struct Array {
  Index shape;
  std::vector<double> data;
};

[[nodiscard]] int64_t count(const Index& shape);
[[nodiscard]] Index strides_of(const Index& shape);
[[nodiscard]] Index unravel(int64_t at, const Index& shape);
// The element of `x` at `index` of a tensor that x broadcasts to.
[[nodiscard]] double at(const Array& x, const Index& index);
// As a value of that type is kept.
[[nodiscard]] double rounded(double value, graph::DType dtype);

}  // namespace octavo::test
