// f32 rows -> u8 rows about a zero point z, one scale per row (token). z = 128 is symmetric; a smaller one is for values
// that are known not to fall far below 0, as those of a GELU.
//
//   top = 255 - z, bottom = min(z, 127)                     how far q may go above and below z: 127, 127 about 128
//   peak[r]  = max over i of (x > 0 ? x : -x * (top / bottom))
//   scale[r] = peak / top                                   or static_scale when that is > 0
//   q[r,i]   = z + rne(clamp(x[r,i] * (top / peak), -bottom, top))               (static: x * (1 / static_scale))
//
// x: [rows, k], row stride ldx >= k.   q: [rows, round_up(k, 4)], contiguous, the padding is z.   scale: [rows].
// 1 <= z <= 128. A row whose peak is below 2^-100 is zero: scale 0, q z. A row whose peak is not finite (a NaN or an
// infinity in it, or -x * (top / bottom) too large for a float) is poisoned: scale NaN, q z, so that whatever is computed
// from it is NaN as well.
#pragma once

#include "runtime/context.h"

namespace octavo {

inline constexpr int32_t kSymmetricZeroPoint = 128;

void quantize_rows(const Context& ctx, int64_t rows, int64_t k, const float* x, int64_t ldx, uint8_t* q, float* scale,
                   float static_scale = 0.0f, int32_t zero_point = kSymmetricZeroPoint);

// Throws unless 1 <= zero_point <= 128.
void check_zero_point(int32_t zero_point);

}  // namespace octavo
