#include "runtime/kernels/vec/avx2.h"

#include "runtime/kernels/attention_int8/impl.h"
#include "runtime/kernels/tables.h"

namespace octavo::avx2 {

void attention_int8(const AttentionBlock& block) { attention_int8_impl<Vec>(block); }

}  // namespace octavo::avx2
