// Weights that an int16 lane can hold. AVX2 multiplies u8 by s8 in pairs into int16 (vpmaddubsw), which saturates for
// full-range weights. With activations q in [0, 255] a lane is exact when the positive weights that meet in it sum to at
// most 128 and the negative ones to at least -128: 255 * 128 = 32640 < 2^15, and every partial sum is smaller. Which
// weights meet follows from the pack order (linear_s8.h), k ascending:
//
//   pairs   {2i, 2i+1}                           one vpmaddubsw
//   fours   {8i, 8i+1, 8i+4, 8i+5} and           two of them added in int16 (vpaddw), half as many widenings
//           {8i+2, 8i+3, 8i+6, 8i+7}
//
// fours implies pairs. Used at compile time; pure.
#pragma once

#include <cstdint>

#include "runtime/kernels/linear_s8/linear_s8.h"

namespace octavo {

struct QuantizedChannel {
  float scale = 0;
  double squared_error = 0;  // sum over k of (scale * q - w)^2
  int64_t lowered = 0;       // steps that weights took towards zero because their lane was full
  int64_t clamped = 0;       // weights beyond +-127 steps of the scale
};

// One output channel w: [k] -> q: [k] within +-127 that keeps `bound`. Of a ladder of scales, each with its weights
// rounded and then, in every lane that is too full, lowered where the error grows least, the one with the smallest
// squared error wins; its scale is then the least-squares fit to the integers, and the integers are found again for that
// scale until nothing improves. With LaneBound::none the scale is
// absmax / 127 and nothing is lowered. w must be finite.
QuantizedChannel quantize_channel(const float* w, int64_t k, LaneBound bound, int8_t* q);

// The strongest bound that holds for every lane of these packed panels: the proof is computed from the bytes that the
// kernel will read, not from how they were made.
LaneBound proven_bound(const PackedS8& w);

}  // namespace octavo
