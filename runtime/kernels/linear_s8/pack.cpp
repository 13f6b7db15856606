#include "runtime/kernels/linear_s8/pack.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "runtime/error.h"
#include "runtime/kernels/linear_s8/lane_bound.h"
#include "runtime/kernels/linear_s8/outliers.h"
#include "runtime/kernels/quantize_rows/impl.h"
#include "runtime/kernels/vec/scalar.h"

namespace octavo {
namespace {

void check_k(int64_t k) {
  if (k > kMaxLinearS8K)
    throw Error(Status::invalid_argument, "a linear layer with " + std::to_string(k) +
                                              " inputs could overflow its int32 sums; the limit is " +
                                              std::to_string(kMaxLinearS8K));
}

void check_finite(const float* row, int64_t k, int64_t index) {
  if (!std::all_of(row, row + k, [](float w) { return std::isfinite(w); }))
    throw Error(Status::invalid_argument, "row " + std::to_string(index) + " of the weights is not finite");
}

// One row by the formula of quantize_rows, without the zero point.
float quantize_weights(const float* row, int64_t k, int64_t index, int8_t* q) {
  const RowScale s = scale_of_row<scalar::Vec>(k, row, 0.0f);
  check_finite(row, k, index);
  using V = scalar::Vec;
  for (int64_t i = 0; i < k; i += 16) {
    const int64_t n = std::min<int64_t>(16, k - i);
    const auto x = s.inverse == 0.0f ? V::set1(0.0f) : V::load_n(row + i, n, 0.0f);
    const auto lanes = quantize<V>(x, V::set1(s.inverse));
    for (int64_t j = 0; j < n; ++j) q[i + j] = static_cast<int8_t>(lanes.v[j]);
  }
  return s.scale;
}

}  // namespace

QuantizedRows quantize_table_s8(const float* table, int64_t rows, int64_t width) {
  QuantizedRows out;
  out.q.resize(static_cast<size_t>(rows * width));
  out.scale.resize(static_cast<size_t>(rows));
  for (int64_t r = 0; r < rows; ++r)
    out.scale[static_cast<size_t>(r)] = quantize_weights(table + r * width, width, r, out.q.data() + r * width);
  return out;
}

PackedS8Data pack_linear_s8(const float* w, const float* bias, int64_t n, int64_t k, LaneBound bound,
                            int32_t zero_point) {
  check_k(k);
  std::vector<int8_t> q(static_cast<size_t>(n * k));
  std::vector<float> scale(static_cast<size_t>(n));
  int64_t lowered = 0, clamped_columns = 0;
  for (int64_t row = 0; row < n; ++row) {
    check_finite(w + row * k, k, row);
    const QuantizedChannel channel = quantize_channel(w + row * k, k, bound, q.data() + row * k);
    scale[static_cast<size_t>(row)] = channel.scale;
    lowered += channel.lowered;
    clamped_columns += channel.clamped > 0 ? 1 : 0;
  }
  PackedS8Data out = pack_linear_s8(q.data(), scale.data(), bias, n, k, zero_point);
  out.lowered = lowered;
  out.clamped_columns = clamped_columns;
  return out;
}

PackedS8Data pack_linear_s8(const int8_t* w, const float* scale, const float* bias, int64_t n, int64_t k,
                            int32_t zero_point) {
  check_k(k);
  const int64_t padded = round_up(n, 16);
  const int64_t k4 = round_up(k, 4);
  PackedS8Data out;
  out.n = n;
  out.k = k;
  out.panels.assign(static_cast<size_t>(padded * k4), 0);
  out.offset.assign(static_cast<size_t>(padded), 0);
  out.scale.assign(scale, scale + n);
  out.scale.resize(static_cast<size_t>(padded), 0.0f);
  for (int64_t row = 0; row < n; ++row) {
    int8_t* column = out.panels.data() + row / 16 * 16 * k4 + row % 16 * 4;
    int32_t sum = 0;
    for (int64_t i = 0; i < k; ++i) {
      column[i / 4 * 64 + i % 4] = w[row * k + i];
      sum += w[row * k + i];
    }
    out.offset[static_cast<size_t>(row)] = -zero_point * sum;
  }
  if (bias != nullptr) {
    out.bias.assign(bias, bias + n);
    out.bias.resize(static_cast<size_t>(padded), 0.0f);
  }
  out.bound = proven_bound(out.view());
  return out;
}

PackedS8Data pack_linear_s8_bounded(const int8_t* w, const float* scale, const float* bias, int64_t n, int64_t k,
                                    LaneBound bound, int32_t zero_point) {
  std::vector<int8_t> bounded(w, w + n * k);
  std::vector<uint32_t> outliers = take_outliers(bounded.data(), n, k, bound);
  PackedS8Data out = pack_linear_s8(bounded.data(), scale, bias, n, k, zero_point);
  out.outliers = std::move(outliers);
  for (int64_t row = 0; row < n; ++row)
    out.offset[static_cast<size_t>(row)] = -zero_point * std::accumulate(w + row * k, w + (row + 1) * k, int32_t{0});
  return out;
}

std::vector<int8_t> unpack_linear_s8(const PackedS8& w) {
  const int64_t k4 = round_up(w.k, 4);
  std::vector<int8_t> out(static_cast<size_t>(w.n * w.k));
  for (int64_t row = 0; row < w.n; ++row)
    for (int64_t i = 0; i < w.k; ++i)
      out[static_cast<size_t>(row * w.k + i)] = w.panels[row / 16 * 16 * k4 + i / 4 * 64 + row % 16 * 4 + i % 4];
  if (w.outliers != nullptr) add_outliers(w.outliers, w.n, w.k, out.data());
  return out;
}

}  // namespace octavo
