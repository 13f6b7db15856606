#include "runtime/kernels/vec/scalar.h"

#include "runtime/kernels/attention_int8/impl.h"
#include "runtime/kernels/tables.h"

namespace octavo::scalar {

void attention_int8(const AttentionBlock& block) { attention_int8_impl<Vec>(block); }

}  // namespace octavo::scalar
