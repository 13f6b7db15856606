#include "runtime/kernels/embedding_sum/impl.h"
#include "runtime/kernels/tables.h"
#include "runtime/kernels/vec/avx512.h"

namespace octavo::avx512vnni {

void embedding_row(int64_t width, const int8_t* q, float scale, bool add, float* y) {
  embedding_row_impl<Vec>(width, q, scale, add, y);
}

}  // namespace octavo::avx512vnni
