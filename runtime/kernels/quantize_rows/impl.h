#pragma once

#include <bit>
#include <limits>

#include "runtime/kernels/quantize_rows/quantize_rows.h"
#include "runtime/tensor.h"

namespace octavo {

// The two constants of a row: what x is multiplied by, and the scale written. inverse 0 makes every q 128.
struct RowScale {
  float inverse, scale;
};

inline constexpr float kZeroRow = 0x1p-100f;

static inline RowScale row_scale(int32_t absmax_bits, float static_scale) {
  constexpr int32_t kInfinity = 0x7f800000;
  if (absmax_bits >= kInfinity) return {0.0f, std::numeric_limits<float>::quiet_NaN()};
  if (static_scale > 0.0f) return {1.0f / static_scale, static_scale};
  const float absmax = std::bit_cast<float>(absmax_bits);
  if (absmax < kZeroRow) return {0.0f, 0.0f};
  return {127.0f / absmax, absmax / 127.0f};
}

template <typename V>
RowScale scale_of_row(int64_t k, const float* x, float static_scale) {
  auto seen = V::zero_bits();
  int64_t i = 0;
  for (; i + 16 <= k; i += 16) seen = V::max_abs_bits(seen, V::load(x + i));
  if (i < k) seen = V::max_abs_bits(seen, V::load_n(x + i, k - i, 0.0f));
  return row_scale(V::max_lane(seen), static_scale);
}

template <typename V>
typename V::I quantize(typename V::F x, typename V::F inverse) {
  return V::round(V::min(V::max(x * inverse, V::set1(-127.0f)), V::set1(127.0f)));
}

template <typename V>
void quantize_row(int64_t k, const float* x, uint8_t* q, float* scale, float static_scale) {
  const RowScale s = scale_of_row<V>(k, x, static_scale);
  *scale = s.scale;
  const int64_t padded = round_up(k, 4);
  if (s.inverse == 0.0f) {
    for (int64_t i = 0; i < padded; ++i) q[i] = 128;
    return;
  }
  const auto inverse = V::set1(s.inverse);
  int64_t i = 0;
  for (; i + 16 <= k; i += 16) V::store_u8(q + i, quantize<V>(V::load(x + i), inverse));
  if (i < k) V::store_u8_n(q + i, quantize<V>(V::load_n(x + i, k - i, 0.0f), inverse), padded - i);
}

template <typename V>
void quantize_rows_impl(int64_t rows, int64_t k, const float* x, int64_t ldx, uint8_t* q, float* scale,
                        float static_scale) {
  for (int64_t r = 0; r < rows; ++r) quantize_row<V>(k, x + r * ldx, q + r * round_up(k, 4), scale + r, static_scale);
}

}  // namespace octavo
