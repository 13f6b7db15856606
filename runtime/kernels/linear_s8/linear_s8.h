// INT8 product: u8 rows (quantize_rows) times s8 weights with one scale per output channel, exact in int32.
//
//   acc    = offset[n] + sum_k q[r,k] * w[n,k]             = sum_k (q[r,k] - zero_point) * w[n,k]
//   y[r,n] = activation(fma(float(acc) * q_scale[r], w.scale[n], bias[n])) + residual[r,n]     (bias null: 0; residual
//                                                                             null: nothing is added)
//
// q: [rows, round_up(k, 4)].  q_scale: [rows].  y: [rows, n], row stride ldy >= n, apart from residual.  Any rows, n, k >= 0 up to
// kMaxK.
#pragma once

#include "runtime/context.h"

namespace octavo {

// How far the weights are bounded, proven over the packed bytes (lane_bound.h): which int16 sums are exact for them.
// It chooses among kernels with the same result, never a result.
enum class LaneBound : uint8_t { none, pairs, fours };

// Weights as packed at compile time (linear_s8/pack.h); all arrays are padded to round_up(n, 16) columns.
struct PackedS8 {
  const int8_t* panels;   // [round_up(n,16)/16][round_up(k,4)/4][16 columns][4 k], padding 0; 32-byte aligned
  const int32_t* offset;  // [round_up(n,16)]   -zero_point * sum_k w[n,k], the outliers included
  const float* scale;     // [round_up(n,16)]
  const float* bias;      // [round_up(n,16)], or null
  int64_t n, k;
  LaneBound bound = LaneBound::none;   // of the panels
  const uint32_t* outliers = nullptr;  // outliers.h: what is missing of the weights in the panels; null: nothing
};

// The largest k for which no sum can leave int32: 255 * 128 * k < 2^31.
inline constexpr int64_t kMaxLinearS8K = ((int64_t{1} << 31) - 1) / (255 * 128);

void linear_s8(const Context& ctx, int64_t rows, const uint8_t* q, const float* q_scale, const PackedS8& w,
               Activation activation, float* y, int64_t ldy, Residual residual = {});

// The same product for a reader that quantises it: out.q, out.scale = quantize_rows(y), and no y in memory. Under a static
// scale the epilogue writes u8; else a block of rows at a time waits in scratch for its scales.
struct QuantizedRowsOut {
  uint8_t* q;    // [rows, round_up(n, 4)]
  float* scale;  // [rows]
  float static_scale = 0.0f;
  int32_t zero_point = 128;  // as in quantize_rows: of y, whatever that of q was
};
void linear_s8_quantized(const Context& ctx, int64_t rows, const uint8_t* q, const float* q_scale, const PackedS8& w,
                         Activation activation, const QuantizedRowsOut& out, void* scratch);

// Its scratch, 64-byte aligned, where there is no static scale: all rows, but no more than 192 KB or 8 rows a thread.
int64_t linear_s8_quantized_scratch_bytes(int64_t rows, int64_t n, int threads);

}  // namespace octavo
