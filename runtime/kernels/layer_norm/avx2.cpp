#include "runtime/kernels/vec/avx2.h"

#include "runtime/kernels/layer_norm/impl.h"
#include "runtime/kernels/tables.h"

namespace octavo::avx2 {

void layer_norm(const LayerNorm& args) { layer_norm_impl<Vec>(args); }

}  // namespace octavo::avx2
