#include "runtime/kernels/tables.h"

namespace octavo {

const Kernels scalar::kTable = {
    .name = "scalar",
    .quantize_rows = scalar::quantize_rows,
    .linear_s8 = scalar::linear_s8,
    .linear_f32 = scalar::linear_f32,
    .tile_f32 = scalar::tile_f32,
    .layer_norm = scalar::layer_norm,
    .attention = scalar::attention,
    .embedding_row = scalar::embedding_row,
    .unary = scalar::unary,
    .softmax = scalar::softmax,
};

#if defined(OCTAVO_HAVE_AVX2)
const Kernels avx2::kTable = {
    .name = "avx2",
    .quantize_rows = avx2::quantize_rows,
    .linear_s8 = avx2::linear_s8,
    .linear_f32 = avx2::linear_f32,
    .tile_f32 = avx2::tile_f32,
    .layer_norm = avx2::layer_norm,
    .attention = avx2::attention,
    .embedding_row = avx2::embedding_row,
    .unary = avx2::unary,
    .softmax = avx2::softmax,
};
#endif

}  // namespace octavo
