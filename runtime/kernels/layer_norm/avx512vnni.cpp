#include "runtime/kernels/layer_norm/impl.h"
#include "runtime/kernels/tables.h"
#include "runtime/kernels/vec/avx512.h"

namespace octavo::avx512vnni {

void layer_norm(const LayerNorm& args) { layer_norm_impl<Vec>(args); }

}  // namespace octavo::avx512vnni
