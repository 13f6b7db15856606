#include "runtime/kernels/linear_f32/impl.h"
#include "runtime/kernels/tables.h"
#include "runtime/kernels/vec/avx512.h"

namespace octavo::avx512vnni {

void linear_f32(const LinearF32Block& block) { linear_f32_impl<Vec>(block); }
void tile_f32(const TileF32& tile) { tile_f32_impl<Vec>(tile); }

}  // namespace octavo::avx512vnni
