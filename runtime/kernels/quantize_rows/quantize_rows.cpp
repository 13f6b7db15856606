#include "runtime/kernels/quantize_rows/quantize_rows.h"

#include <string>

#include "runtime/error.h"
#include "runtime/kernels/kernels.h"
#include "runtime/profile.h"
#include "runtime/tensor.h"
#include "runtime/threads.h"

namespace octavo {

void check_zero_point(int32_t zero_point) {
  if (zero_point < 1 || zero_point > kSymmetricZeroPoint)
    throw Error(Status::invalid_argument, "quantize_rows: zero point " + std::to_string(zero_point));
}

void quantize_rows(const Context& ctx, int64_t rows, int64_t k, const float* x, int64_t ldx, uint8_t* q, float* scale,
                   float static_scale, int32_t zero_point) {
  check_zero_point(zero_point);
  report(ctx, {.kernel = "quantize_rows",
               .isa = ctx.kernels.name,
               .m = rows,
               .n = k,
               .activation_bytes = rows * (4 * k + round_up(k, 4) + 4)});
  ctx.threads.parallel(rows, 1, [&](int64_t begin, int64_t end, int) {
    ctx.kernels.quantize_rows(end - begin, k, x + begin * ldx, ldx, q + begin * round_up(k, 4), scale + begin,
                              static_scale, zero_point);
  });
}

}  // namespace octavo
