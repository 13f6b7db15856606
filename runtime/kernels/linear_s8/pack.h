// Weights of a linear layer, f32 [n, k] -> s8 panels with one scale per output channel. Used at compile time;
// pure.
//
// Each channel is quantised by quantize_channel (lane_bound.h) under the bound asked for; the result carries the bound
// that its bytes prove, which may be stronger.
//
// A row that is zero (absmax < 2^-100) has scale 0. Weights that are not finite, and k above kMaxLinearS8K,
// are refused (octavo::Error, invalid_argument).
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/kernels/linear_s8/linear_s8.h"

namespace octavo {

// Owns what PackedS8 points to. Every vector is already padded to 16 columns, ready to be written as a
// section.
struct PackedS8Data {
  int64_t n = 0, k = 0;
  std::vector<int8_t> panels;      // [N16/16][K4/4][16][4]
  std::vector<int32_t> offset;     // [N16]
  std::vector<float> scale;        // [N16]
  std::vector<float> bias;         // [N16], or empty
  std::vector<uint32_t> outliers;  // a list (outliers.h), or empty
  LaneBound bound = LaneBound::none;
  int64_t lowered = 0;          // steps of weights towards zero to keep the bound
  int64_t clamped_columns = 0;  // output channels whose largest weights were clamped to +-127

  PackedS8 view() const {
    return {panels.data(),
            offset.data(),
            scale.data(),
            bias.empty() ? nullptr : bias.data(),
            n,
            k,
            bound,
            outliers.empty() ? nullptr : outliers.data()};
  }
};

// w: [n, k] row-major. bias: [n] or null. zero_point: of the activations that it will meet (quantize_rows).
PackedS8Data pack_linear_s8(const float* w, const float* bias, int64_t n, int64_t k, LaneBound bound = LaneBound::none,
                            int32_t zero_point = 128);

// The same from weights that are already s8 (row-major [n, k]) with their scales [n].
PackedS8Data pack_linear_s8(const int8_t* w, const float* scale, const float* bias, int64_t n, int64_t k,
                            int32_t zero_point = 128);

// The same, the panels within `bound`: what it takes from the weights is in the outlier list.
PackedS8Data pack_linear_s8_bounded(const int8_t* w, const float* scale, const float* bias, int64_t n, int64_t k,
                                    LaneBound bound, int32_t zero_point = 128);

// Rows of an embedding table: f32 [rows, width] -> s8 [rows, width] and one scale per row:
//
//   scale[r] = absmax(t[r,:]) / 127        q[r,i] = clamp(rne(t[r,i] * (127 / absmax)), -127, 127)
struct QuantizedRows {
  std::vector<int8_t> q;
  std::vector<float> scale;
};
QuantizedRows quantize_table_s8(const float* table, int64_t rows, int64_t width);

// The weights back as row-major [n, k], panels and outliers together: for reports, tests and a tied embedding.
std::vector<int8_t> unpack_linear_s8(const PackedS8& w);

}  // namespace octavo
