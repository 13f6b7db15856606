#include "runtime/kernels/tables.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace octavo {
namespace {

constexpr InnerLoop inner_loop(std::string_view isa, LaneBound bound) {
  if (isa != "avx2") return InnerLoop::none;
  return bound == LaneBound::fours   ? InnerLoop::fours_256
         : bound == LaneBound::pairs ? InnerLoop::pairs_256
                                     : InnerLoop::s16_256;
}

#define OCTAVO_LINEAR_S8(isa, scheme, rows, columns, bound, most_rows) \
  {#isa,                                                               \
   "linear_s8_" #scheme "_" #rows "x" #columns "__" #isa,              \
   rows,                                                               \
   columns,                                                            \
   LaneBound::bound,                                                   \
   most_rows,                                                          \
   inner_loop(#isa, LaneBound::bound),                                 \
   isa::linear_s8_##scheme##_##rows##x##columns},
constexpr LinearS8Kernel kLinearS8[] = {
#include "runtime/kernels/linear_s8/kernels.inc"
};
#undef OCTAVO_LINEAR_S8

// Those of one instruction set stand together in the list.
constexpr std::span<const LinearS8Kernel> linear_s8_of(std::string_view isa) {
  const auto of_isa = [&](const LinearS8Kernel& k) { return k.isa == isa; };
  const auto* first = std::find_if(std::begin(kLinearS8), std::end(kLinearS8), of_isa);
  return {first, std::find_if_not(first, std::end(kLinearS8), of_isa)};
}

}  // namespace

const Kernels scalar::kTable = {
    .name = "scalar",
    .trusted = LaneBound::none,
    .f32 = InnerLoop::none,
    .quantize_rows = scalar::quantize_rows,
    .linear_s8 = linear_s8_of("scalar"),
    .linear_f32 = scalar::linear_f32,
    .tile_f32 = scalar::tile_f32,
    .layer_norm = scalar::layer_norm,
    .attention = scalar::attention,
    .embedding_row = scalar::embedding_row,
    .unary = scalar::unary,
    .softmax = scalar::softmax,
};

#if defined(OCTAVO_HAVE_X86)
namespace {

constexpr Kernels avx2_trusting(const char* name, LaneBound bound) {
  return {
      .name = name,
      .trusted = bound,
      .f32 = InnerLoop::fma_256,
      .quantize_rows = avx2::quantize_rows,
      .linear_s8 = linear_s8_of("avx2"),
      .linear_f32 = avx2::linear_f32,
      .tile_f32 = avx2::tile_f32,
      .layer_norm = avx2::layer_norm,
      .attention = avx2::attention,
      .embedding_row = avx2::embedding_row,
      .unary = avx2::unary,
      .softmax = avx2::softmax,
  };
}

}  // namespace

const Kernels avx2::kTable = avx2_trusting("avx2", LaneBound::fours);
const Kernels avx2::kPairsTable = avx2_trusting("avx2-pairs", LaneBound::pairs);
const Kernels avx2::kNoneTable = avx2_trusting("avx2-none", LaneBound::none);
#endif

}  // namespace octavo
