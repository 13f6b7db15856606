#include "runtime/kernels/vec/scalar.h"

#include "runtime/kernels/elementwise/unary_impl.h"
#include "runtime/kernels/tables.h"

namespace octavo::scalar {

void unary(UnaryOp op, int64_t n, float* y, const float* x) { unary_impl<Vec>(op, n, y, x); }

}  // namespace octavo::scalar
