#pragma once

#include <limits>

#include "runtime/kernels/softmax/softmax.h"
#include "runtime/kernels/vec/math.h"
#include "runtime/kernels/vec/sixteen.h"

namespace octavo {

// The largest element, for a row without NaN; with one, anything.
template <typename V>
float row_max(int64_t n, const float* x) {
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  auto top = V::set1(kLowest);
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) top = V::max(V::load(x + i), top);
  if (i < n) top = V::max(V::load_n(x + i, n - i, kLowest), top);
  return V::max(top);
}

// y[i] = exp(x[i] - max); returns their sum. y may be x. NaN in a row makes the sum NaN, and so does a maximum of -inf or
// +inf, by inf - inf.
template <typename V>
float exp_row(int64_t n, float* y, const float* x) {
  using F = typename V::F;
  const F shift = V::set1(row_max<V>(n, x));
  F sum = V::set1(0.0f);
  by_sixteen(n, [&](int64_t i, auto m) {
    const F e = first_some<V>(Math<V>::exp(load_some<V>(x + i, m) - shift), m);
    store_some<V>(y + i, e, m);
    sum = sum + e;
  });
  return V::sum(sum);
}

template <typename V>
void softmax_row(int64_t n, float* y, const float* x) {
  const auto inverse = V::set1(1.0f / exp_row<V>(n, y, x));
  by_sixteen(n, [&](int64_t i, auto m) { store_some<V>(y + i, load_some<V>(y + i, m) * inverse, m); });
}

}  // namespace octavo
