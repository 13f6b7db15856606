#pragma once

#include "runtime/kernels/layer_norm/impl.h"

namespace octavo {

template <typename V>
void embedding_row_impl(int64_t width, const int8_t* q, float scale, bool add, float* y) {
  by_sixteen<V>(width, [&](int64_t i, int64_t n) {
    const auto value = n == 16 ? V::load_s8(q + i) : V::load_s8_n(q + i, n);
    const auto s = V::set1(scale);
    store_some<V>(y + i, add ? V::fma(s, value, load_some<V>(y + i, n)) : s * value, n);
  });
}

}  // namespace octavo
