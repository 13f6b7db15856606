#pragma once

#include <bit>
#include <limits>

#include "runtime/kernels/quantize_rows/quantize_rows.h"
#include "runtime/tensor.h"

namespace octavo {

// The two constants of a row: what x is multiplied by, and the scale written. inverse 0 makes every q the zero point.
struct RowScale {
  float inverse, scale;
};

inline constexpr float kZeroRow = 0x1p-100f;

// How far q may go from its zero point.
struct U8Grid {
  int32_t zero_point;
  float top, bottom;

  explicit U8Grid(int32_t z)
      : zero_point(z), top(static_cast<float>(255 - z)), bottom(static_cast<float>(z < 127 ? z : 127)) {}
};

// Of bits of a peak: no number, so that its row is poisoned.
static inline bool poisons(int32_t peak_bits) { return peak_bits >= 0x7f800000; }

static inline RowScale row_scale(int32_t peak_bits, float static_scale, float top = 127.0f) {
  if (poisons(peak_bits)) return {0.0f, std::numeric_limits<float>::quiet_NaN()};
  if (static_scale > 0.0f) return {1.0f / static_scale, static_scale};
  const float peak = std::bit_cast<float>(peak_bits);
  if (peak < kZeroRow) return {0.0f, 0.0f};
  return {top / peak, peak / top};
}

template <typename V>
RowScale scale_of_row(int64_t k, const float* x, float static_scale) {
  auto seen = V::zero_bits();
  int64_t i = 0;
  for (; i + 16 <= k; i += 16) seen = V::max_abs_bits(seen, V::load(x + i));
  if (i < k) seen = V::max_abs_bits(seen, V::load_n(x + i, k - i, 0.0f));
  return row_scale(V::max_lane(seen), static_scale);
}

// What v adds to the bits of a peak about any zero point.
template <typename V>
struct Peak {
  typename V::F below;

  explicit Peak(const U8Grid& grid) : below(V::set1(-(grid.top / grid.bottom))) {}
  // The positive one of v and its negative multiple; both are NaN when v is.
  typename V::I operator()(typename V::I seen, typename V::F v) const {
    return V::max_abs_bits(seen, V::max(v, v * below));
  }
};

// About 128 the peak is absmax, which needs no multiplication.
template <typename V>
RowScale scale_of_row(int64_t k, const float* x, float static_scale, const U8Grid& grid) {
  if (grid.zero_point == kSymmetricZeroPoint) return scale_of_row<V>(k, x, static_scale);
  const Peak<V> peak(grid);
  auto seen = V::zero_bits();
  int64_t i = 0;
  for (; i + 16 <= k; i += 16) seen = peak(seen, V::load(x + i));
  if (i < k) seen = peak(seen, V::load_n(x + i, k - i, 0.0f));
  return row_scale(V::max_lane(seen), static_scale, grid.top);
}

template <typename V>
typename V::I quantize(typename V::F x, typename V::F inverse, float bottom = 127.0f, float top = 127.0f) {
  return V::round(V::min(V::max(x * inverse, V::set1(-bottom)), V::set1(top)));
}

template <typename V>
void quantize_row(int64_t k, const float* x, uint8_t* q, float* scale, float static_scale,
                  int32_t zero_point = kSymmetricZeroPoint) {
  const U8Grid grid(zero_point);
  const RowScale s = scale_of_row<V>(k, x, static_scale, grid);
  *scale = s.scale;
  const int64_t padded = round_up(k, 4);
  if (s.inverse == 0.0f) {
    for (int64_t i = 0; i < padded; ++i) q[i] = static_cast<uint8_t>(zero_point);
    return;
  }
  const auto inverse = V::set1(s.inverse);
  const auto on_grid = [&](typename V::F v) { return quantize<V>(v, inverse, grid.bottom, grid.top); };
  int64_t i = 0;
  for (; i + 16 <= k; i += 16) V::store_u8(q + i, on_grid(V::load(x + i)), zero_point);
  if (i < k) V::store_u8_n(q + i, on_grid(V::load_n(x + i, k - i, 0.0f)), padded - i, zero_point);
}

template <typename V>
void quantize_rows_impl(int64_t rows, int64_t k, const float* x, int64_t ldx, uint8_t* q, float* scale,
                        float static_scale, int32_t zero_point) {
  for (int64_t r = 0; r < rows; ++r)
    quantize_row<V>(k, x + r * ldx, q + r * round_up(k, 4), scale + r, static_scale, zero_point);
}

}  // namespace octavo
