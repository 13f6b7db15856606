#pragma once

#include "runtime/kernels/kernels.h"
#include "runtime/kernels/vec/math.h"

namespace octavo {

// What becomes of sixteen finished int32 accumulators of one row: y = activation(fma(acc * q_scale, scale, bias)).
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

  void operator()(const typename V::I& acc, float q_scale, float* y) const {
    const auto out = Math<V>::activate(activation, V::fma(V::to_float(acc) * V::set1(q_scale), scale, bias));
    columns >= 16 ? V::store(y, out) : V::store_n(y, out, columns);
  }
};

}  // namespace octavo
