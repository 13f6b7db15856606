#include "runtime/kernels/attention_int8/impl.h"
#include "runtime/kernels/tables.h"
#include "runtime/kernels/vec/avx512.h"

namespace octavo::avx512vnni {

void attention_int8(const AttentionBlock& block) { attention_int8_impl<Vec>(block); }

}  // namespace octavo::avx512vnni
