#include "runtime/kernels/vec/avx2.h"

#include "runtime/kernels/softmax/impl.h"
#include "runtime/kernels/tables.h"

namespace octavo::avx2 {

void softmax(int64_t n, float* y, const float* x) { softmax_row<Vec>(n, y, x); }

}  // namespace octavo::avx2
