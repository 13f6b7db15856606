#include "runtime/kernels/attention/impl.h"
#include "runtime/kernels/tables.h"
#include "runtime/kernels/vec/avx512.h"

namespace octavo::avx512vnni {

void attention(const AttentionBlock& block) { attention_impl<Vec>(block); }

}  // namespace octavo::avx512vnni
