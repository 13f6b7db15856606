#include "runtime/kernels/vec/avx2.h"

#include "runtime/kernels/elementwise/unary_impl.h"
#include "runtime/kernels/tables.h"

namespace octavo::avx2 {

void unary(UnaryOp op, int64_t n, float* y, const float* x) { unary_impl<Vec>(op, n, y, x); }

}  // namespace octavo::avx2
