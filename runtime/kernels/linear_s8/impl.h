#pragma once

#include "runtime/kernels/kernels.h"
#include "runtime/kernels/vec/many.h"
#include "runtime/kernels/vec/math.h"

namespace octavo {

// What becomes of sixteen finished int32 accumulators of a row: y = activation(fma(acc * q_scale, scale, bias)).
template <typename V>
struct Epilogue {
  typename V::F scale, bias;
  Activation activation;
  int64_t columns;  // how many of the 16 exist

  Epilogue(const PackedS8& w, int64_t panel, Activation activation)
      : scale(V::load(w.scale + panel * 16)),
        bias(w.bias != nullptr ? V::load(w.bias + panel * 16) : V::set1(0.0f)),
        activation(activation),
        columns(w.n - panel * 16) {}

  void operator()(const typename V::I& acc, float q_scale, float* y) const { tile<1>({acc}, &q_scale, y, 0); }

  // R rows of a tile together: y has row stride ldy.
  template <int R>
  void tile(const typename Many<V, R>::I& acc, const float* q_scale, float* y, int64_t ldy) const {
    using Rows = Many<V, R>;
    auto out = Rows::template each<typename Rows::F>(
        [&](int r) { return V::fma(V::to_float(acc.v[r]) * V::set1(q_scale[r]), scale, bias); });
    if (activation != Activation::none) out = Math<Rows>::activate(activation, out);
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r)
      columns >= 16 ? V::store(y + r * ldy, out.v[r]) : V::store_n(y + r * ldy, out.v[r], columns);
  }
};

}  // namespace octavo
