// f32 rows -> u8 rows about zero point 128, one scale per row (token).
//
//   scale[r] = absmax(x[r,:]) / 127            or static_scale when that is > 0
//   q[r,i]   = 128 + clamp(rne(x[r,i] * (127 / absmax)), -127, 127)      (static: x * (1 / static_scale))
//
// x: [rows, k], row stride ldx >= k.   q: [rows, round_up(k, 4)], contiguous, the padding is 128.   scale:
// [rows]. A row whose absmax is below 2^-100 is zero: scale 0, q 128. A row holding NaN or an infinity is
// poisoned: scale NaN, q 128, so that whatever is computed from it is NaN as well.
#pragma once

#include "runtime/context.h"

namespace octavo {

void quantize_rows(const Context& ctx, int64_t rows, int64_t k, const float* x, int64_t ldx, uint8_t* q, float* scale,
                   float static_scale = 0.0f);

}  // namespace octavo
