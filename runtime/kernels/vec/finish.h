#pragma once

#include "runtime/context.h"
#include "runtime/kernels/vec/many.h"

namespace octavo {

// The last step of a product's outputs, R rows of up to sixteen columns (`left` are there): the residual is added, if there
// is one, and they are stored.
template <typename V, int R>
void finish_rows(typename Many<V, R>::F out, const Residual& residual, float* y, int64_t ldy, int64_t row,
                 int64_t column, int64_t left) {
  if (residual.rows != nullptr) {
    const float* add = residual.rows + row * residual.ld + column;
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const float* of_row = add + r * residual.ld;
      out.v[r] = out.v[r] + (left >= 16 ? V::load(of_row) : V::load_n(of_row, left, 0.0f));
    }
  }
  y += row * ldy + column;
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) left >= 16 ? V::store(y + r * ldy, out.v[r]) : V::store_n(y + r * ldy, out.v[r], left);
}

}  // namespace octavo
