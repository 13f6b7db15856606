#pragma once

#include "runtime/kernels/vec/sixteen.h"

namespace octavo {

template <typename V>
typename V::F load_s8_some(const int8_t* q, Sixteen) {
  return V::load_s8(q);
}
template <typename V>
typename V::F load_s8_some(const int8_t* q, int64_t n) {
  return V::load_s8_n(q, n);
}

template <typename V>
void embedding_row_impl(int64_t width, const int8_t* q, float scale, bool add, float* y) {
  by_sixteen(width, [&](int64_t i, auto n) {
    const auto value = load_s8_some<V>(q + i, n);
    const auto s = V::set1(scale);
    store_some<V>(y + i, add ? V::fma(s, value, load_some<V>(y + i, n)) : s * value, n);
  });
}

}  // namespace octavo
