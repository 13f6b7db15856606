#include "runtime/kernels/tables.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace octavo {
namespace {

constexpr InnerLoop inner_loop(std::string_view isa, LaneBound bound) {
  if (isa == "avxvnni") return InnerLoop::dpbusd_256;
  if (isa == "avx512vnni") return InnerLoop::dpbusd_512;
  if (isa != "avx2") return InnerLoop::none;
  return bound == LaneBound::fours   ? InnerLoop::fours_256
         : bound == LaneBound::pairs ? InnerLoop::pairs_256
                                     : InnerLoop::s16_256;
}

// Of the products in f32.
constexpr InnerLoop float_loop(std::string_view isa) {
  return isa == "avx2" ? InnerLoop::fma_256 : isa == "avx512vnni" ? InnerLoop::fma_512 : InnerLoop::none;
}

// Of the products of int16.
constexpr InnerLoop s16_loop(std::string_view isa) { return isa == "avx2" ? InnerLoop::s16_256 : InnerLoop::none; }

#define OCTAVO_LINEAR_S8(isa, scheme, rows, columns, bound, most_rows) \
  {#isa,                                                               \
   "linear_s8_" #scheme "_" #rows "x" #columns "__" #isa,              \
   rows,                                                               \
   columns,                                                            \
   LaneBound::bound,                                                   \
   most_rows,                                                          \
   inner_loop(#isa, LaneBound::bound),                                 \
   isa::linear_s8_##scheme##_##rows##x##columns},
#define OCTAVO_OUTLIERS_S8(isa, rows, columns)
constexpr LinearS8Kernel kLinearS8[] = {
#include "runtime/kernels/linear_s8/kernels.inc"
};
#undef OCTAVO_OUTLIERS_S8
#undef OCTAVO_LINEAR_S8

#define OCTAVO_LINEAR_S8(isa, scheme, rows, columns, bound, most_rows)
#define OCTAVO_OUTLIERS_S8(isa, rows, columns)  \
  {#isa,                                        \
   "outliers_s8_" #rows "x" #columns "__" #isa, \
   rows,                                        \
   columns,                                     \
   isa::transpose_s8_##rows,                    \
   isa::outliers_s8_##rows##x##columns},
constexpr OutliersS8Kernel kOutliersS8[] = {
#include "runtime/kernels/linear_s8/kernels.inc"
};
#undef OCTAVO_OUTLIERS_S8
#undef OCTAVO_LINEAR_S8

// Those of one instruction set stand together in the list.
constexpr std::span<const LinearS8Kernel> linear_s8_of(std::string_view isa) {
  const auto of_isa = [&](const LinearS8Kernel& k) { return k.isa == isa; };
  const auto* first = std::find_if(std::begin(kLinearS8), std::end(kLinearS8), of_isa);
  return {first, std::find_if_not(first, std::end(kLinearS8), of_isa)};
}

constexpr OutliersS8Kernel outliers_s8_of(std::string_view isa) {
  return *std::find_if(std::begin(kOutliersS8), std::end(kOutliersS8),
                       [&](const OutliersS8Kernel& k) { return k.isa == isa; });
}

// Of the vector kernels of namespace `isa`, the INT8 kernels of `int8` and the outliers kernel of `outliers`.
#define OCTAVO_TABLE(title, bound, isa, int8, outliers) \
  {                                                     \
      .name = title,                                    \
      .trusted = LaneBound::bound,                      \
      .f32 = float_loop(#isa),                          \
      .s16 = s16_loop(#isa),                            \
      .quantize_rows = isa::quantize_rows,              \
      .linear_s8 = linear_s8_of(#int8),                 \
      .outliers_s8 = outliers_s8_of(#outliers),         \
      .linear_f32 = isa::linear_f32,                    \
      .tile_f32 = isa::tile_f32,                        \
      .layer_norm = isa::layer_norm,                    \
      .attention = isa::attention,                      \
      .attention_int8 = isa::attention_int8,            \
      .embedding_row = isa::embedding_row,              \
      .unary = isa::unary,                              \
      .softmax = isa::softmax,                          \
  }

}  // namespace

constinit const Kernels scalar::kTable = OCTAVO_TABLE("scalar", none, scalar, scalar, scalar);

#if defined(OCTAVO_HAVE_X86)
constinit const Kernels avx2::kTable = OCTAVO_TABLE("avx2", fours, avx2, avx2, avx2);
constinit const Kernels avx2::kPairsTable = OCTAVO_TABLE("avx2-pairs", pairs, avx2, avx2, avx2);
constinit const Kernels avx2::kNoneTable = OCTAVO_TABLE("avx2-none", none, avx2, avx2, avx2);
constinit const Kernels avxvnni::kTable = OCTAVO_TABLE("avxvnni", none, avx2, avxvnni, avx2);
constinit const Kernels avx512vnni::kTable = OCTAVO_TABLE("avx512vnni", none, avx512vnni, avx512vnni, avx2);
#endif

}  // namespace octavo
