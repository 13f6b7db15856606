#pragma once

#include "runtime/kernels/kernels.h"
#include "runtime/kernels/vec/finish.h"
#include "runtime/kernels/vec/many.h"
#include "runtime/kernels/vec/math.h"

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

// What becomes of the int32 accumulators of a panel: y = activation(fma(acc * q_scale, scale, bias)) + residual.
template <typename V>
class Epilogue {
 public:
  Epilogue(const LinearS8Block& block, int64_t panel)
      : b_(block),
        column_(panel * 16),
        scale_(V::load(block.w->scale + column_)),
        bias_(block.w->bias != nullptr ? V::load(block.w->bias + column_) : V::set1(0.0f)) {}

  void operator()(const typename V::I& acc, int64_t row) const { tile<1>({acc}, row); }

  // R rows of a tile together, from `row` of the block.
  template <int R>
  void tile(const typename Many<V, R>::I& acc, int64_t row) const {
    using Rows = Many<V, R>;
    const float* q_scale = b_.q_scale + row;
    auto out = Rows::template each<typename Rows::F>(
        [&](int r) { return V::fma(V::to_float(acc.v[r]) * V::set1(q_scale[r]), scale_, bias_); });
    if (b_.activation != Activation::none) out = Math<Rows>::activate(b_.activation, out);
    finish_rows<V, R>(out, b_.residual, b_.y, b_.ldy, row, column_, b_.w->n - column_);
  }

 private:
  const LinearS8Block& b_;
  int64_t column_;
  typename V::F scale_, bias_;
};

}  // namespace octavo
