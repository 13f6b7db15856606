#pragma once

#include <cmath>

#include "runtime/kernels/layer_norm/layer_norm.h"
#include "runtime/kernels/quantize_rows/impl.h"
#include "runtime/kernels/vec/sixteen.h"

namespace octavo {

// y first holds t = x + residual; each pass after that reads y.
template <typename V>
void layer_norm_row(const LayerNorm& a, const float* x, const float* residual, float* y) {
  using F = typename V::F;
  const auto width = static_cast<float>(a.width);
  F sum = V::set1(0.0f);
  by_sixteen(a.width, [&](int64_t i, auto n) {
    F t = load_some<V>(x + i, n);
    if (residual != nullptr) t = t + load_some<V>(residual + i, n);
    store_some<V>(y + i, t, n);
    sum = sum + t;
  });
  const float mean = V::sum(sum) / width;

  F squares = V::set1(0.0f);
  by_sixteen(a.width, [&](int64_t i, auto n) {
    const F d = first_some<V>(load_some<V>(y + i, n) - V::set1(mean), n);
    squares = V::fma(d, d, squares);
  });
  const float inverse = 1.0f / std::sqrt(V::sum(squares) / width + a.eps);

  by_sixteen(a.width, [&](int64_t i, auto n) {
    const F d = (load_some<V>(y + i, n) - V::set1(mean)) * V::set1(inverse);
    const F gamma = a.gamma != nullptr ? load_some<V>(a.gamma + i, n) : V::set1(1.0f);
    const F beta = a.beta != nullptr ? load_some<V>(a.beta + i, n) : V::set1(0.0f);
    store_some<V>(y + i, V::fma(d, gamma, beta), n);
  });
}

template <typename V>
void layer_norm_impl(const LayerNorm& a) {
  for (int64_t r = 0; r < a.rows; ++r) {
    float* y = a.y + r * a.width;
    layer_norm_row<V>(a, a.x + r * a.width, a.residual != nullptr ? a.residual + r * a.width : nullptr, y);
    if (a.q != nullptr) quantize_row<V>(a.width, y, a.q + r * round_up(a.width, 4), a.q_scale + r, a.static_scale);
  }
}

}  // namespace octavo
