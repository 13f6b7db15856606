// The definition: offset plus the plain sum of products, in int32.
#include "runtime/kernels/vec/scalar.h"

#include "runtime/kernels/linear_s8/impl.h"
#include "runtime/kernels/tables.h"
#include "runtime/tensor.h"

namespace octavo::scalar {

void linear_s8_plain_1x16(const LinearS8Block& b) {
  const PackedS8& w = *b.w;
  const int64_t k4 = round_up(w.k, 4);
  for (int64_t panel = b.panel_begin; panel < b.panel_end; ++panel) {
    const Epilogue<Vec> finish(b, panel);
    const int8_t* weights = w.panels + panel * 16 * k4;
    for (int64_t r = 0; r < b.rows; ++r) {
      const uint8_t* q = b.q + r * k4;
      Int acc = Vec::load(w.offset + panel * 16);
      for (int64_t k = 0; k < k4; ++k)
        for (int c = 0; c < 16; ++c) acc.v[c] += int32_t{q[k]} * int32_t{weights[k / 4 * 64 + c * 4 + k % 4]};
      finish(acc, r);
    }
  }
}

}  // namespace octavo::scalar
