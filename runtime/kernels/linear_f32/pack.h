// Weights of a linear layer, f32 [n, k] -> panels [round_up(n,16)/16][k][16]. Used at compile time; pure.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/kernels/linear_f32/linear_f32.h"

namespace octavo {

struct PackedF32Data {
  int64_t n = 0, k = 0;
  std::vector<float> panels;  // [N16/16][k][16]
  std::vector<float> bias;    // [N16], or empty

  PackedF32 view() const { return {panels.data(), bias.empty() ? nullptr : bias.data(), n, k}; }
};

// w: [n, k] row-major. bias: [n] or null.
PackedF32Data pack_linear_f32(const float* w, const float* bias, int64_t n, int64_t k);

}  // namespace octavo
