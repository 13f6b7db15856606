#pragma once

#include "runtime/kernels/kernels.h"
#include "runtime/kernels/vec/math.h"

namespace octavo {

// R rows by 16 columns: R accumulators, one per output, live through the whole of k. R = 6 uses 12 of the 16 registers of
// AVX2, and 12 independent chains cover the latency of 4 on 2 ports. done(row, accumulator) takes the results.
template <typename V, int R, typename Done>
void tile_rows(const TileF32& t, Done done) {
  typename V::F acc[R];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) acc[r] = t.accumulate ? V::load(t.c + r * t.c_row) : V::set1(0.0f);
  const float* a = t.a;
  const float* b = t.b;
  for (int64_t k = 0; k < t.k; ++k, a += t.a_k, b += t.b_k) {
    const auto columns = V::load(b);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) acc[r] = V::fma(V::set1(a[r * t.a_row]), columns, acc[r]);
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) done(r, acc[r]);
}

template <typename V, typename Done>
void tile_any(const TileF32& t, Done done) {
  switch (t.rows) {
    case 6:
      return tile_rows<V, 6>(t, done);
    case 5:
      return tile_rows<V, 5>(t, done);
    case 4:
      return tile_rows<V, 4>(t, done);
    case 3:
      return tile_rows<V, 3>(t, done);
    case 2:
      return tile_rows<V, 2>(t, done);
    case 1:
      return tile_rows<V, 1>(t, done);
    default:
      return;
  }
}

template <typename V>
void tile_f32_impl(const TileF32& t) {
  tile_any<V>(t, [&](int r, const typename V::F& acc) { V::store(t.c + r * t.c_row, acc); });
}

// One panel against rows [begin, end).
template <typename V>
void linear_f32_panel(const LinearF32Block& b, int64_t panel, int64_t begin, int64_t end) {
  const PackedF32& w = *b.w;
  const int64_t left = w.n - panel * 16;
  const auto bias = w.bias != nullptr ? V::load(w.bias + panel * 16) : V::set1(0.0f);
  for (int64_t r = begin; r < end; r += kTileRows) {
    const int64_t rows = end - r < kTileRows ? end - r : kTileRows;
    float* y = b.y + r * b.ldy + panel * 16;
    const TileF32 tile{rows, w.k, b.x + r * b.ldx, b.ldx, 1, w.panels + panel * 16 * w.k, 16, nullptr, 0, false};
    tile_any<V>(tile, [&](int i, const typename V::F& acc) {
      const auto out = Math<V>::activate(b.activation, acc + bias);
      left >= 16 ? V::store(y + i * b.ldy, out) : V::store_n(y + i * b.ldy, out, left);
    });
  }
}

// The rows are taken in blocks that stay in the second-level cache while every panel passes over them.
template <typename V>
void linear_f32_impl(const LinearF32Block& b) {
  constexpr int64_t kBlockBytes = 192 * 1024;
  const int64_t row_bytes = (b.w->k > 0 ? b.w->k : 1) * int64_t{sizeof(float)};
  const int64_t fit = kBlockBytes / row_bytes / kTileRows * kTileRows;
  const int64_t block = fit > kTileRows ? fit : kTileRows;
  for (int64_t begin = 0; begin < b.rows; begin += block) {
    const int64_t end = b.rows - begin < block ? b.rows : begin + block;
    for (int64_t p = b.panel_begin; p < b.panel_end; ++p) linear_f32_panel<V>(b, p, begin, end);
  }
}

}  // namespace octavo
