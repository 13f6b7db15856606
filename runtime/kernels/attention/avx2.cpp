#include "runtime/kernels/vec/avx2.h"

#include "runtime/kernels/attention/impl.h"
#include "runtime/kernels/tables.h"

namespace octavo::avx2 {

void attention(const AttentionBlock& block) { attention_impl<Vec>(block); }

}  // namespace octavo::avx2
