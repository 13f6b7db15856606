#include "runtime/kernels/elementwise/unary_impl.h"
#include "runtime/kernels/tables.h"
#include "runtime/kernels/vec/avx512.h"

namespace octavo::avx512vnni {

void unary(UnaryOp op, int64_t n, float* y, const float* x) { unary_impl<Vec>(op, n, y, x); }

}  // namespace octavo::avx512vnni
