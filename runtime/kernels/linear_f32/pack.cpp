#include "runtime/kernels/linear_f32/pack.h"

#include "runtime/tensor.h"

namespace octavo {

PackedF32Data pack_linear_f32(const float* w, const float* bias, int64_t n, int64_t k) {
  PackedF32Data out{.n = n, .k = k, .panels = {}, .bias = {}};
  const int64_t padded = round_up(n, 16);
  out.panels.assign(static_cast<size_t>(padded * k), 0.0f);
  for (int64_t row = 0; row < n; ++row)
    for (int64_t i = 0; i < k; ++i)
      out.panels[static_cast<size_t>(row / 16 * 16 * k + i * 16 + row % 16)] = w[row * k + i];
  if (bias != nullptr) {
    out.bias.assign(bias, bias + n);
    out.bias.resize(static_cast<size_t>(padded), 0.0f);
  }
  return out;
}

}  // namespace octavo
