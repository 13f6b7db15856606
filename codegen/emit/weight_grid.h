// Weights that are int8 already: checkpoints of quantisation-aware training and dequantised ones hold floats, each channel
// a scale times integers. The integers are found again, so that they can be kept.
//
// A channel is on a grid when for some m in 1 .. 128, with s = absmax / m, every weight is s times an integer of [-128, 127]
// up to the rounding of floats: w = fl(s0 q) and absmax = fl(s0 m) are each off by 2^-24 at most, so |w / s - q| <= 2^-23 |q|,
// and 0 is 0. The smallest m is taken for which some float s gives the weights back to the last bit, else the smallest of
// all: integers without a common factor.
//
// A weight of a channel of pure floats falls into the windows about the integers below m with probability 2^-23 (m + 1) at
// most: 2^-16. With k weights beside the largest that makes 128 * 2^-16k: 2^-41 for three, nothing for a real channel. Were one
// taken for a grid, its integers would still be the weights to the last bit of a float.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace octavo::emit {

struct WeightGrid {
  std::vector<int8_t> q;     // [n, k]
  std::vector<float> scale;  // [n]
};

// w: [n, k] row-major. Nothing when a channel is on no grid. A channel of zeros is on any: scale 0.
[[nodiscard]] std::optional<WeightGrid> find_grid(const std::vector<float>& w, int64_t n, int64_t k);

}  // namespace octavo::emit
