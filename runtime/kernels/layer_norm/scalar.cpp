#include "runtime/kernels/vec/scalar.h"

#include "runtime/kernels/layer_norm/impl.h"
#include "runtime/kernels/tables.h"

namespace octavo::scalar {

void layer_norm(const LayerNorm& args) { layer_norm_impl<Vec>(args); }

}  // namespace octavo::scalar
