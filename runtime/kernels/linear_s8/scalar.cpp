// The definition: offset plus the plain sum of products, in int32.
#include "runtime/kernels/vec/scalar.h"

#include "runtime/kernels/linear_s8/impl.h"
#include "runtime/kernels/linear_s8/outliers.h"
#include "runtime/kernels/tables.h"
#include "runtime/tensor.h"

namespace octavo::scalar {

void linear_s8_plain_1x16(const LinearS8Block& b) {
  const PackedS8& w = *b.w;
  const int64_t k4 = round_up(w.k, 4);
  for (int64_t panel = b.panel_begin; panel < b.panel_end; ++panel) {
    const Epilogue<Vec> finish(b, panel);
    const Start start(b, panel);
    const int8_t* weights = w.panels + panel * 16 * k4;
    for (int64_t r = 0; r < b.rows; ++r) {
      const uint8_t* q = b.q + r * k4;
      Int acc = Vec::load(start(r));
      for (int64_t k = 0; k < k4; ++k)
        for (int c = 0; c < 16; ++c) acc.v[c] += int32_t{q[k]} * int32_t{weights[k / 4 * 64 + c * 4 + k % 4]};
      finish(acc, r);
    }
  }
}

void transpose_s8_16(int64_t rows, int64_t k4, const uint8_t* q, uint8_t* to) {
  for (int64_t k = 0; k < k4; ++k)
    for (int64_t r = 0; r < 16; ++r) to[k * 16 + r] = r < rows ? q[r * k4 + k] : uint8_t{0};
}

void outliers_s8_16x16(const OutliersS8Block& b) {
  const uint32_t* entries = b.w->outliers + round_up(b.w->n, 16) + 1;
  for (int64_t column = b.panel_begin * 16; column < b.panel_end * 16; ++column) {
    int32_t* start = b.start + (column / 16 - b.panel_begin) * b.start_panel + column % 16;
    for (int64_t r = 0; r < 16; ++r) {
      int32_t sum = b.w->offset[column];
      for (uint32_t e = b.w->outliers[column]; e < b.w->outliers[column + 1]; ++e)
        sum += b.transposed[(entries[e] & kOutliersK) * 16 + r] * (static_cast<int32_t>(entries[e]) >> 24);
      start[r * 16] = sum;
    }
  }
}

}  // namespace octavo::scalar
