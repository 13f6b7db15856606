#include "tests/passes/reference/array.h"

#include <functional>
#include <numeric>

namespace octavo::test {

int64_t count(const Index& shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

Index strides_of(const Index& shape) {
  Index strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

Index unravel(int64_t at, const Index& shape) {
  Index index(shape.size());
  for (size_t i = shape.size(); i-- > 0;) index[i] = at % shape[i], at /= shape[i];
  return index;
}
double at(const Array& x, const Index& index) {
  const Index strides = strides_of(x.shape);
  int64_t offset = 0;
  for (size_t i = 0; i < x.shape.size(); ++i) {
    if (x.shape[i] != 1) offset += index[index.size() - x.shape.size() + i] * strides[i];
  }
  return x.data[static_cast<size_t>(offset)];
}

double rounded(double value, graph::DType dtype) {
  return dtype == graph::DType::f32 ? static_cast<double>(static_cast<float>(value)) : value;
}

}  // namespace octavo::test
