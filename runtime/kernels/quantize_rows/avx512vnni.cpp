#include "runtime/kernels/quantize_rows/impl.h"
#include "runtime/kernels/tables.h"
#include "runtime/kernels/vec/avx512.h"

namespace octavo::avx512vnni {

void quantize_rows(int64_t rows, int64_t k, const float* x, int64_t ldx, uint8_t* q, float* scale, float static_scale,
                   int32_t zero_point) {
  quantize_rows_impl<Vec>(rows, k, x, ldx, q, scale, static_scale, zero_point);
}

}  // namespace octavo::avx512vnni
