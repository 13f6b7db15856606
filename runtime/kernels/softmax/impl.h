#pragma once

#include <limits>

#include "runtime/kernels/layer_norm/impl.h"
#include "runtime/kernels/softmax/softmax.h"
#include "runtime/kernels/vec/math.h"

namespace octavo {

// y may be x. NaN in a row makes its sum NaN, and a maximum of -inf or +inf makes inf - inf: the whole row is NaN.
template <typename V>
void softmax_row(int64_t n, float* y, const float* x) {
  using F = typename V::F;
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  F top = V::set1(kLowest);
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) top = V::max(V::load(x + i), top);
  if (i < n) top = V::max(V::load_n(x + i, n - i, kLowest), top);
  const F shift = V::set1(V::max(top));

  F sum = V::set1(0.0f);
  by_sixteen<V>(n, [&](int64_t j, int64_t m) {
    const F e = V::first_n(Math<V>::exp(load_some<V>(x + j, m) - shift), m);
    store_some<V>(y + j, e, m);
    sum = sum + e;
  });
  const F inverse = V::set1(1.0f / V::sum(sum));
  by_sixteen<V>(n, [&](int64_t j, int64_t m) { store_some<V>(y + j, load_some<V>(y + j, m) * inverse, m); });
}

}  // namespace octavo
