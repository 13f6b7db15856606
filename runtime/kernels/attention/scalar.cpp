#include "runtime/kernels/vec/scalar.h"

#include "runtime/kernels/attention/impl.h"
#include "runtime/kernels/tables.h"

namespace octavo::scalar {

void attention(const AttentionBlock& block) { attention_impl<Vec>(block); }

}  // namespace octavo::scalar
