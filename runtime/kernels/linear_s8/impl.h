#pragma once

#include <atomic>
#include <limits>

#include "runtime/kernels/kernels.h"
#include "runtime/kernels/quantize_rows/impl.h"
#include "runtime/kernels/vec/finish.h"
#include "runtime/kernels/vec/many.h"
#include "runtime/kernels/vec/math.h"
#include "runtime/tensor.h"

namespace octavo {

// Where the sums of a row of a panel start, 16 by 16 of them from row to row when they differ.
struct Start {
  const int32_t* at;
  int64_t row;

  Start(const LinearS8Block& b, int64_t panel)
      : at(b.start != nullptr ? b.start + (panel - b.panel_begin) * b.start_panel : b.w->offset + panel * 16),
        row(b.start != nullptr ? 16 : 0) {}
  const int32_t* operator()(int64_t r) const { return at + r * row; }
};

// What becomes of the int32 accumulators of a panel: y = activation(fma(acc * q_scale, scale, bias)), and then y + residual,
// or u8 at once.
template <typename V>
class Epilogue {
 public:
  Epilogue(const LinearS8Block& block, int64_t panel)
      : b_(block),
        column_(panel * 16),
        left_(block.w->n - column_),
        scale_(V::load(block.w->scale + column_)),
        bias_(block.w->bias != nullptr ? V::load(block.w->bias + column_) : V::set1(0.0f)) {}

  // Where the outputs of a row of the block go.
  const void* to(int64_t row) const {
    if (b_.u8.q != nullptr) return b_.u8.q + row * round_up(b_.w->n, 4) + column_;
    return b_.y + row * b_.ldy + column_;
  }

  void operator()(const typename V::I& acc, int64_t row) const { tile<1>({acc}, row); }

  // R rows of a tile together, from `row` of the block.
  template <int R>
  void tile(const typename Many<V, R>::I& acc, int64_t row) const {
    using Rows = Many<V, R>;
    const float* q_scale = b_.q_scale + row;
    auto out = Rows::template each<typename Rows::F>(
        [&](int r) { return V::fma(V::to_float(acc.v[r]) * V::set1(q_scale[r]), scale_, bias_); });
    if (b_.activation != Activation::none) out = Math<Rows>::activate(b_.activation, out);
    if (b_.u8.q != nullptr) return quantise<R>(out, row);
    finish_rows<V, R>(out, b_.residual, b_.y, b_.ldy, row, column_, left_);
  }

 private:
  const LinearS8Block& b_;
  int64_t column_, left_;  // how many columns there are from the panel's first on
  typename V::F scale_, bias_;

  // As quantize_row does under a static scale, but for the rows that turn out to be poisoned: they are marked. A function
  // of its own, so that the loops before it keep their registers, and by value, so that they need not keep `out` in memory.
  template <int R>
  [[gnu::noinline]] void quantise(typename Many<V, R>::F out, int64_t row) const {
    const StaticRowsU8& u8 = b_.u8;
    const U8Grid grid(u8.zero_point);
    const Peak<V> peak(grid);
    const auto inverse = V::set1(u8.inverse);
    const int64_t pitch = round_up(b_.w->n, 4);
    uint8_t* q = u8.q + row * pitch + column_;
    typename V::I seen[R];
    auto most = V::zero_bits();
    for (int r = 0; r < R; ++r, q += pitch) {
      const auto v = left_ >= 16 ? out.v[r] : V::first_n(out.v[r], left_);
      const auto on_grid = octavo::quantize<V>(v, inverse, grid.bottom, grid.top);
      left_ >= 16 ? V::store_u8(q, on_grid, grid.zero_point)
                  : V::store_u8_n(q, on_grid, pitch - column_, grid.zero_point);
      seen[r] = peak(V::zero_bits(), v);
      most = peak(most, v);
    }
    if (!poisons(V::max_lane(most))) return;
    for (int r = 0; r < R; ++r)
      if (poisons(V::max_lane(seen[r]))) poison(u8.scale[row + r]);
  }

  // Threads that have other panels may mark the same row.
  static void poison(float& scale) {
    std::atomic_ref(scale).store(std::numeric_limits<float>::quiet_NaN(), std::memory_order_relaxed);
  }
};

}  // namespace octavo
