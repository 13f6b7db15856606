// The functions behind each table of kernels.h, one namespace an instruction set.
#pragma once

#include "runtime/kernels/kernels.h"

namespace octavo {

#define OCTAVO_LINEAR_S8(isa, scheme, rows, columns, bound, most_rows)      \
  namespace isa {                                                           \
  void linear_s8_##scheme##_##rows##x##columns(const LinearS8Block& block); \
  }
#define OCTAVO_OUTLIERS_S8(isa, rows, columns)                                       \
  namespace isa {                                                                    \
  void transpose_s8_##rows(int64_t some, int64_t k4, const uint8_t* q, uint8_t* to); \
  void outliers_s8_##rows##x##columns(const OutliersS8Block& block);                 \
  }
#include "runtime/kernels/linear_s8/kernels.inc"
#undef OCTAVO_OUTLIERS_S8
#undef OCTAVO_LINEAR_S8

// Those that are templates over a vector type; AVX-VNNI has AVX2's.
#define OCTAVO_VECTOR_KERNELS(isa)                                                                   \
  namespace isa {                                                                                    \
  void quantize_rows(int64_t rows, int64_t k, const float* x, int64_t ldx, uint8_t* q, float* scale, \
                     float static_scale, int32_t zero_point);                                        \
  void linear_f32(const LinearF32Block& block);                                                      \
  void tile_f32(const TileF32& tile);                                                                \
  void layer_norm(const LayerNorm& args);                                                            \
  void attention(const AttentionBlock& block);                                                       \
  void attention_int8(const AttentionBlock& block);                                                  \
  void embedding_row(int64_t width, const int8_t* q, float scale, bool add, float* y);               \
  void unary(UnaryOp op, int64_t n, float* y, const float* x);                                       \
  void softmax(int64_t n, float* y, const float* x);                                                 \
  }
OCTAVO_VECTOR_KERNELS(scalar)
OCTAVO_VECTOR_KERNELS(avx2)
OCTAVO_VECTOR_KERNELS(avx512vnni)
#undef OCTAVO_VECTOR_KERNELS

namespace scalar {
extern const Kernels kTable;
}
namespace avx2 {
extern const Kernels kTable, kPairsTable, kNoneTable;  // by the bound they trust
}
namespace avxvnni {
extern const Kernels kTable;
}
namespace avx512vnni {
extern const Kernels kTable;
}

}  // namespace octavo
