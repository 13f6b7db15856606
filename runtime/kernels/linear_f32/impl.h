#pragma once

#include "runtime/kernels/linear_f32/tile.h"
#include "runtime/kernels/vec/finish.h"
#include "runtime/kernels/vec/math.h"

namespace octavo {

// Rows times k that stay in the second-level cache while the panels pass, and the k of a panel that stays in the first.
inline constexpr int64_t kRowBlock = 48 * 1024;
inline constexpr int64_t kPanelBlock = 384;

template <typename V>
struct LinearF32Kernel {
  using F = typename V::F;
  const LinearF32Block& b;
  const PackedF32& w;

  explicit LinearF32Kernel(const LinearF32Block& block) : b(block), w(*block.w) {}

  const float* weights(int64_t panel) const { return w.panels + panel * 16 * w.k; }
  float* output(int64_t row, int64_t panel) const { return b.y + row * b.ldy + panel * 16; }
  int64_t columns(int64_t panel) const { return w.n - panel * 16; }

  // R rows of one panel: y = activation(acc + bias) + residual.
  template <int R>
  void finish(const typename Many<V, R>::F& acc, int64_t row, int64_t panel) const {
    using Rows = Many<V, R>;
    const F bias = w.bias != nullptr ? V::load(w.bias + panel * 16) : V::set1(0.0f);
    auto out = Rows::template each<typename Rows::F>([&](int r) { return acc.v[r] + bias; });
    if (b.activation != Activation::none) out = Math<Rows>::activate(b.activation, out);
    finish_rows<V, R>(out, b.residual, b.y, b.ldy, row, panel * 16, columns(panel));
  }

  template <int R>
  void store(const typename Many<V, R>::F& out, int64_t row, int64_t panel) const {
    finish_rows<V, R>(out, {}, b.y, b.ldy, row, panel * 16, columns(panel));
  }

  // Rows [begin, end) of one panel over the whole of k. Each tile fetches its share of the next panel, the first four all.
  void panel(int64_t index, int64_t begin, int64_t end) const {
    const RowTiles tiles(end - begin);
    const int64_t sharing = tiles.count < 4 ? tiles.count : 4;
    for (int64_t t = 0; t < tiles.count; ++t) {
      const int64_t row = begin + tiles.begin(t), rows = begin + tiles.begin(t + 1) - row;
      const Ahead ahead =
          t < sharing ? Ahead{weights(index + 1) + t * w.k * 16 / sharing, 16 / sharing} : Ahead{weights(index), 0};
      tile_any<V>({rows, w.k, b.x + row * b.ldx, b.ldx, 1, weights(index), 16, nullptr, 0, false}, ahead,
                  [&](auto r, const auto& acc) { finish<r>(acc, row, index); });
    }
  }

  // The same over k [k0, k0 + length), the sums so far being in y.
  void part_of_panel(int64_t index, int64_t begin, int64_t end, int64_t k0, int64_t length) const {
    const RowTiles tiles(end - begin);
    const bool last = k0 + length == w.k;
    float sums[kTileRows * 16];
    for (int64_t t = 0; t < tiles.count; ++t) {
      const int64_t row = begin + tiles.begin(t), rows = begin + tiles.begin(t + 1) - row;
      TileF32 tile{rows,  length, b.x + row * b.ldx + k0, b.ldx, 1, weights(index) + k0 * 16, 16, output(row, index),
                   b.ldy, k0 > 0};
      if (columns(index) < 16 && k0 > 0) {  // y has no room for the columns that only pad the panel
        for (int64_t r = 0; r < rows; ++r) V::store(sums + r * 16, V::load_n(tile.c + r * b.ldy, columns(index), 0.0f));
        tile.c = sums;
        tile.c_row = 16;
      }
      tile_any<V>(tile,
                  [&](auto r, const auto& acc) { last ? finish<r>(acc, row, index) : store<r>(acc, row, index); });
    }
  }

  // R rows, R <= 3, of P panels at once: alone, so few accumulators would wait for each other.
  template <int R, int P>
  void few_rows(int64_t first) const {
    typename Many<V, R>::F acc[P];
    for (auto& a : acc) a = Many<V, R>::set1(0.0f);
    const float* from = weights(first);
    for (int64_t k = 0; k < w.k; ++k, from += 16) {
#pragma GCC unroll 4
      for (int p = 0; p < P; ++p) {
        const F columns = V::load(from + p * 16 * w.k);
#pragma GCC unroll 3
        for (int r = 0; r < R; ++r) acc[p].v[r] = V::fma(V::set1(b.x[r * b.ldx + k]), columns, acc[p].v[r]);
      }
    }
    for (int p = 0; p < P; ++p) finish<R>(acc[p], 0, first + p);
  }

  template <int R, int P>
  void all_panels_of_few_rows() const {
    int64_t p = b.panel_begin;
    for (; p + P <= b.panel_end; p += P) few_rows<R, P>(p);
    for (; p < b.panel_end; ++p) few_rows<R, 1>(p);
  }

  void rows(int64_t begin, int64_t end) const {
    for (int64_t p = b.panel_begin; p < b.panel_end; ++p) panel(p, begin, end);
  }

  void rows_by_parts_of_k(int64_t begin, int64_t end) const {
    for (int64_t k = 0; k < w.k; k += kPanelBlock)
      for (int64_t p = b.panel_begin; p < b.panel_end; ++p)
        part_of_panel(p, begin, end, k, w.k - k < kPanelBlock ? w.k - k : kPanelBlock);
  }

  void run() const {
    switch (b.rows) {
      case 0:
        return;
      case 1:
        return all_panels_of_few_rows<1, 4>();
      case 2:
        return all_panels_of_few_rows<2, 2>();
      case 3:
        return all_panels_of_few_rows<3, 2>();
      default:
        break;
    }
    const bool by_parts = b.rows * w.k > kRowBlock && w.k > 4 * kPanelBlock;
    const int64_t width = by_parts ? kPanelBlock : w.k > 0 ? w.k : 1;
    const int64_t fit = kRowBlock / width > kTileRows ? kRowBlock / width : kTileRows;
    const int64_t blocks = (b.rows + fit - 1) / fit;
    for (int64_t i = 0; i < blocks; ++i) {
      const int64_t begin = b.rows * i / blocks, end = b.rows * (i + 1) / blocks;
      by_parts ? rows_by_parts_of_k(begin, end) : rows(begin, end);
    }
  }
};

template <typename V>
void linear_f32_impl(const LinearF32Block& b) {
  LinearF32Kernel<V>(b).run();
}

}  // namespace octavo
