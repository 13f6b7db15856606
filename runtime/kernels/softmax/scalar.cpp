#include "runtime/kernels/vec/scalar.h"

#include "runtime/kernels/softmax/impl.h"
#include "runtime/kernels/tables.h"

namespace octavo::scalar {

void softmax(int64_t n, float* y, const float* x) { softmax_row<Vec>(n, y, x); }

}  // namespace octavo::scalar
