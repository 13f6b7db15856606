// LayerNorm of rows, with an optional residual before it and an optional quantisation after it.
//
//   t = x + residual          mean = sum(t) / width          var = sum((t - mean)^2) / width       (two
//   passes) y = fma((t - mean) * (1 / sqrt(var + eps)), gamma, beta)          (gamma null: 1, beta null: 0)
//   q, q_scale = quantize_rows(y)                                     (when q is given)
//
// Sums have the one shape of docs/numerics.md. All rows are contiguous, [rows, width]; y may be x or
// residual.
#pragma once

#include "runtime/context.h"

namespace octavo {

struct LayerNorm {
  int64_t rows = 0, width = 0;
  const float* x = nullptr;         // [rows, width]
  const float* residual = nullptr;  // [rows, width], or null
  const float* gamma = nullptr;     // [width], or null
  const float* beta = nullptr;      // [width], or null
  float eps = 1e-5f;
  float* y = nullptr;         // [rows, width]
  uint8_t* q = nullptr;       // [rows, round_up(width, 4)], or null
  float* q_scale = nullptr;   // [rows]; given with q
  float static_scale = 0.0f;  // as in quantize_rows
};

void layer_norm(const Context& ctx, const LayerNorm& args);

}  // namespace octavo
