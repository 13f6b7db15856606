// FP32 product.
//
//   y[r,n] = activation(acc + bias[n]) + residual[r,n]     (residual null: nothing is added)
//                                          acc = fma over k ascending from +0, one accumulator per output
//
// x: [rows, k], row stride ldx >= k.  y: [rows, n], row stride ldy >= n, apart from residual.  Any rows, n, k >= 0.
#pragma once

#include "runtime/context.h"

namespace octavo {

struct PackedF32 {
  const float* panels;  // [round_up(n,16)/16][k][16], padding 0; 32-byte aligned
  const float* bias;    // [round_up(n,16)], or null
  int64_t n, k;
};

void linear_f32(const Context& ctx, int64_t rows, const float* x, int64_t ldx, const PackedF32& w,
                Activation activation, float* y, int64_t ldy, Residual residual = {});

}  // namespace octavo
