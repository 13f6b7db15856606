#include "runtime/kernels/softmax/impl.h"
#include "runtime/kernels/tables.h"
#include "runtime/kernels/vec/avx512.h"

namespace octavo::avx512vnni {

void softmax(int64_t n, float* y, const float* x) { softmax_row<Vec>(n, y, x); }

}  // namespace octavo::avx512vnni
