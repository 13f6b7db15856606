#pragma once

#include "runtime/kernels/elementwise/elementwise.h"
#include "runtime/kernels/vec/math.h"
#include "runtime/kernels/vec/sixteen.h"

namespace octavo {

template <typename V, typename F>
void map(int64_t n, float* y, const float* x, F f) {
  by_sixteen(n, [&](int64_t i, auto m) { store_some<V>(y + i, f(load_some<V>(x + i, m)), m); });
}

// The ops of vec/math.h; elementwise/unary.cpp does the others itself.
template <typename V>
void unary_impl(UnaryOp op, int64_t n, float* y, const float* x) {
  using F = typename V::F;
  switch (op) {
    case UnaryOp::exp:
      return map<V>(n, y, x, [](F a) { return Math<V>::exp(a); });
    case UnaryOp::erf:
      return map<V>(n, y, x, [](F a) { return Math<V>::erf(a); });
    case UnaryOp::tanh:
      return map<V>(n, y, x, [](F a) { return Math<V>::tanh(a); });
    case UnaryOp::sigmoid:
      return map<V>(n, y, x, [](F a) { return Math<V>::sigmoid(a); });
    case UnaryOp::silu:
      return map<V>(n, y, x, [](F a) { return Math<V>::silu(a); });
    case UnaryOp::relu:
      return map<V>(n, y, x, [](F a) { return Math<V>::relu(a); });
    case UnaryOp::gelu_erf:
      return map<V>(n, y, x, [](F a) { return Math<V>::gelu_erf(a); });
    case UnaryOp::gelu_tanh:
      return map<V>(n, y, x, [](F a) { return Math<V>::gelu_tanh(a); });
    case UnaryOp::sqrt:
      return map<V>(n, y, x, [](F a) { return V::sqrt(a); });
    case UnaryOp::rsqrt:
      return map<V>(n, y, x, [](F a) { return V::set1(1.0f) / V::sqrt(a); });
    default:
      return;
  }
}

}  // namespace octavo
