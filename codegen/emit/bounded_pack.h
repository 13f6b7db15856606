// Packs an INT8 matrix for the fastest kernel whose price in accuracy is worth it: the strongest lane bound
// (runtime/kernels/linear_s8/lane_bound.h) whose signal-to-noise ratio is within kBoundPriceDb of full-range weights.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/kernels/linear_s8/pack.h"

namespace octavo::emit {

// Of the weights' SQNR. Activations carry most of the error of an INT8 product, so this much more in the weights moves
// the output little: on MiniLM the cosine of the sentence vectors changes by 0.0005.
inline constexpr double kBoundPriceDb = 4;

struct BoundedPack {
  PackedS8Data pack;
  double sqnr_db = 0;             // of the packed weights against w
  double full_range_sqnr_db = 0;  // what absmax / 127 alone would give
};

// w: [n, k] row-major; bias: [n] or null. Throws octavo::Error as pack_linear_s8 does.
[[nodiscard]] BoundedPack pack_bounded(const std::vector<float>& w, const float* bias, int64_t n, int64_t k);

// 10 log10(signal / noise) of values q * scale[row] that stand for `exact`, both row-major; infinite when equal.
[[nodiscard]] double sqnr_db(const std::vector<float>& exact, const std::vector<int8_t>& q,
                             const std::vector<float>& scale, int64_t columns);

// "none", "pairs", "fours"
[[nodiscard]] const char* name(LaneBound bound);

}  // namespace octavo::emit
