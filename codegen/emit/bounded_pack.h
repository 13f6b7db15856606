// Packs an INT8 matrix for the fastest kernel whose price in accuracy is worth it: the strongest lane bound
// (runtime/kernels/linear_s8/lane_bound.h) that costs the product's output at most kBoundPriceDb against full-range
// weights.
//
// The price is put on the output, since the activations are quantised too and most of the error is theirs. Relative to
// the product, the two errors are independent and their powers add:
//
//   1 / SQNR(y) = 1 / SQNR(x) + 1 / SQNR(w)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/kernels/linear_s8/pack.h"

namespace octavo::emit {

// Noise of the output may at most double.
inline constexpr double kBoundPriceDb = 3;

// SQNR of u8 rows whose peak is 6 times their root mean square: 12 * 127^2 / 6^2. Rows of transformers have peaks of 4
// to 15 (docs/quantization.md), normal ones of 3 to 3.5, so for most sites this is kind to the weights' share.
inline constexpr double kActivationSqnrDb = 37.3;

struct BoundedPack {
  PackedS8Data pack;
  double sqnr_db = 0;             // of the packed weights against w
  double full_range_sqnr_db = 0;  // what absmax / 127 alone would give
  bool exact = false;             // by exact_pack.h; then
  std::vector<int8_t> integers;   // [n, k], what panels and outliers must give together
};

// w: [n, k] row-major; bias: [n] or null; zero_point: of the activations. Throws octavo::Error as pack_linear_s8 does.
[[nodiscard]] BoundedPack pack_bounded(const std::vector<float>& w, const float* bias, int64_t n, int64_t k,
                                       int32_t zero_point = 128);

// The estimate above, for rows of kActivationSqnrDb.
[[nodiscard]] double output_sqnr_db(double weight_sqnr_db);

// Proves the bound of a pack over its bytes once more, from the bytes as they will be written: throws base::Error
// (internal) naming the matrix when they prove less than the kernel would trust.
void check_proof(const PackedS8& pack, const std::string& matrix);

// 10 log10(signal / noise) of values q * scale[row] that stand for `exact`, both row-major; infinite when equal.
[[nodiscard]] double sqnr_db(const std::vector<float>& exact, const std::vector<int8_t>& q,
                             const std::vector<float>& scale, int64_t columns);

// "none", "pairs", "fours"
[[nodiscard]] const char* name(LaneBound bound);

}  // namespace octavo::emit
