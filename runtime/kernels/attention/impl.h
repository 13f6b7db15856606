#pragma once

#include "runtime/kernels/attention/scratch.h"
#include "runtime/kernels/linear_f32/tile.h"
#include "runtime/kernels/softmax/impl.h"

namespace octavo {

// Values of this many keys, sixteen columns of them, stay in the first-level cache while the row tiles pass.
inline constexpr int64_t kValueBlock = 256;

template <typename V>
struct AttentionHead {
  using F = typename V::F;
  const Attention& a;
  const float *q, *k, *v, *mask;
  float* out;
  float *keys, *values, *scores;
  int64_t score_stride;

  AttentionHead(const AttentionBlock& block)
      : a(*block.args),
        q(a.q + at(a.q_stride, block)),
        k(a.k + at(a.k_stride, block)),
        v(a.v + at(a.v_stride, block)),
        mask(a.mask != nullptr ? a.mask + at(a.mask_stride, block) : nullptr),
        out(a.out + at(a.out_stride, block)) {
    const AttentionScratch layout(a);
    auto* scratch = static_cast<float*>(block.scratch);
    keys = scratch + layout.keys;
    values = scratch + layout.values;
    scores = scratch + layout.scores;
    score_stride = layout.score_stride;
  }

  static int64_t at(const AttentionStrides& s, const AttentionBlock& b) { return b.batch * s.batch + b.head * s.head; }

  int64_t visible(int64_t row) const {
    if (!a.causal) return a.k_len;
    const int64_t n = row + 1 + a.k_len - a.q_len;
    return n < 0 ? 0 : n < a.k_len ? n : a.k_len;
  }

  // Sixteen keys from j on. The last panel is filled up with its last key: those scores are computed and not used.
  void pack_panel(int64_t j, int64_t count, float* to) const {
    const float* rows[16];
    for (int64_t i = 0; i < 16; ++i) rows[i] = k + (j + i < count ? j + i : count - 1) * a.k_stride.row;
    int64_t d = 0;
    for (; d + 8 <= a.head_dim; d += 8) V::transpose_eight(rows, d, to + d * 16);
    for (; d < a.head_dim; ++d)
      for (int64_t i = 0; i < 16; ++i) to[d * 16 + i] = rows[i][d];
  }
  void pack_keys(int64_t count) const {
    for (int64_t j = 0; j < count; j += 16) pack_panel(j, count, keys + j * a.head_dim);
  }

  // Beside each other the values take few lines and pages; in place each row is a row of the merged projection away.
  void pack_values(int64_t count) const {
    for (int64_t d = 0; d < a.head_dim; d += 16) {
      const int64_t columns = a.head_dim - d < 16 ? a.head_dim - d : 16;
      float* to = values + d * a.k_len;
      for (int64_t j = 0; j < count; ++j) {
        const float* from = v + j * a.v_stride.row + d;
        V::store(to + j * 16, columns == 16 ? V::load(from) : V::load_n(from, columns, 0.0f));
      }
    }
  }

  // The mask of a tile of rows and sixteen keys: in place where it lies so, else gathered into `gathered`.
  struct Mask {
    const float* from;
    int64_t stride;
  };
  Mask mask_tile(int64_t row, int64_t n_rows, int64_t j, float* gathered) const {
    const float* from = mask + row * a.mask_stride.row + j * a.mask_key_stride;
    const int64_t left = a.k_len - j;
    if (a.mask_key_stride == 1 && left >= 16) return {from, a.mask_stride.row};
    for (int64_t r = 0; r < n_rows; ++r)
      for (int64_t i = 0; i < 16; ++i)
        gathered[r * 16 + i] = i < left ? from[r * a.mask_stride.row + i * a.mask_key_stride] : 0.0f;
    return {gathered, 16};
  }

  // s = acc * scale (+ mask) of a tile of rows and the sixteen keys from j on, which are in `panel`.
  void score_tile(int64_t row, int64_t n_rows, int64_t j, const float* panel, float* s) const {
    const F scale = V::set1(a.scale);
    const TileF32 tile{n_rows, a.head_dim, q + row * a.q_stride.row, a.q_stride.row, 1, panel, 16, nullptr, 0, false};
    if (mask == nullptr) {
      return tile_any<V>(tile, [&](auto rows, const auto& acc) {
#pragma GCC unroll 8
        for (int r = 0; r < decltype(rows)::value; ++r) V::store(s + r * score_stride, acc.v[r] * scale);
      });
    }
    float gathered[kTileRows * 16];
    const Mask m = mask_tile(row, n_rows, j, gathered);
    tile_any<V>(tile, [&](auto rows, const auto& acc) {
#pragma GCC unroll 8
      for (int r = 0; r < decltype(rows)::value; ++r)
        V::store(s + r * score_stride, V::fma(acc.v[r], scale, V::load(m.from + r * m.stride)));
    });
  }

  void store_output(float* y, int64_t columns, F sum, float inverse) const {
    // Adding +0 makes a -0 (an underflow) +0, as it is when further keys with e = 0 follow.
    const F o = (sum + V::set1(0.0f)) * V::set1(inverse);
    columns >= 16 ? V::store(y, o) : V::store_n(y, o, columns);
  }

  // Products of a tile of rows with sixteen columns of v, over the block of keys that starts at `begin`: the accumulators
  // carry over in `sums`, so that the keys are added in one sequence. The keys that not all of the rows see come last, row
  // by row: a weight of 0 would not keep out a NaN.
  void value_tile(int64_t row, int64_t n_rows, const float* weights, const float* inverse, const float* from,
                  int64_t stride, int64_t d, int64_t begin, float* sums) const {
    const int64_t common = visible(row);
    if (begin >= common && begin > 0) return;
    const int64_t end = common - begin < kValueBlock ? common : begin + kValueBlock;
    const int64_t columns = a.head_dim - d;
    float* y = out + row * a.out_stride.row + d;
    const TileF32 tile{n_rows, end - begin, weights + begin, score_stride, 1, from + begin * stride, stride,
                       sums,   16,          begin > 0};
    if (end < common || a.causal) {
      tile_f32_impl<V>(tile);
    } else {
      tile_any<V>(tile, [&](auto rows, const auto& acc) {
#pragma GCC unroll 8
        for (int r = 0; r < decltype(rows)::value; ++r)
          store_output(y + r * a.out_stride.row, columns, acc.v[r], inverse[r]);
      });
    }
    if (end < common || !a.causal) return;
    for (int64_t r = 0; r < n_rows; ++r) {
      const TileF32 rest{1,
                         visible(row + r) - common,
                         weights + r * score_stride + common,
                         score_stride,
                         1,
                         from + common * stride,
                         stride,
                         sums + r * 16,
                         16,
                         true};
      tile_any<V>(
          rest, [&](auto, const auto& acc) { store_output(y + r * a.out_stride.row, columns, acc.v[0], inverse[r]); });
    }
  }

  // The scores of up to kAttentionRows query rows. Without packed keys each panel is made when its turn comes, always in
  // the same place, and so never leaves the first-level cache.
  void score(int64_t row, const RowTiles& tiles, bool packed) const {
    const int64_t count = visible(row + tiles.rows - 1);
    for (int64_t j = 0; j < count; j += 16) {
      float* panel = packed ? keys + j * a.head_dim : keys;
      if (!packed) pack_panel(j, count, panel);
      for (int64_t t = 0; t < tiles.count; ++t) {
        const int64_t begin = tiles.begin(t), end = tiles.begin(t + 1);
        if (j < visible(row + end - 1))
          score_tile(row + begin, end - begin, j, panel, scores + begin * score_stride + j);
      }
    }
  }

  // Scores become weights; the inverse of each row's sum.
  void weigh(int64_t row, int64_t n_rows, float* inverse) const {
    for (int64_t r = 0; r < n_rows; ++r) {
      float* s = scores + r * score_stride;
      const int64_t n = visible(row + r);
      inverse[r] = n > 0 ? 1.0f / exp_row<V>(n, s, s) : 0.0f;
    }
  }

  void multiply_values(int64_t row, const RowTiles& tiles, const float* inverse, bool packed) const {
    const int64_t count = visible(row + tiles.rows - 1);
    float sums[kAttentionRows * 16];
    for (int64_t d = 0; d < a.head_dim; d += 16) {
      const float* from = packed ? values + d * a.k_len : v + d;
      const int64_t stride = packed ? 16 : a.v_stride.row;
      for (int64_t block = 0; block == 0 || block < count; block += kValueBlock)
        for (int64_t t = 0; t < tiles.count; ++t) {
          const int64_t begin = tiles.begin(t);
          value_tile(row + begin, tiles.begin(t + 1) - begin, scores + begin * score_stride, inverse + begin, from,
                     stride, d, block, sums + begin * 16);
        }
    }
  }

  // Scores of R rows against the next C panels of keys together: R rows alone would wait for their own sums.
  template <int R, int C>
  void score_few(int64_t row, int64_t j, int64_t count) const {
    typename Many<V, R * C>::F acc;
#pragma GCC unroll 8
    for (int i = 0; i < R * C; ++i) acc.v[i] = V::set1(0.0f);
#pragma GCC unroll 1
    for (int64_t c = 0; c < C; ++c) pack_panel(j + c * 16, count, keys + c * 16 * a.head_dim);
    const float* from = q + row * a.q_stride.row;
    for (int64_t d = 0; d < a.head_dim; ++d) {
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) {
        const F columns = V::load(keys + (c * a.head_dim + d) * 16);
#pragma GCC unroll 4
        for (int r = 0; r < R; ++r)
          acc.v[r * C + c] = V::fma(V::set1(from[r * a.q_stride.row + d]), columns, acc.v[r * C + c]);
      }
    }
    const F scale = V::set1(a.scale);
    float gathered[R * 16];
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) {
      float* s = scores + j + c * 16;
      const Mask m = mask != nullptr ? mask_tile(row, R, j + c * 16, gathered) : Mask{};
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r) {
        const F sum = acc.v[r * C + c];
        V::store(s + r * score_stride,
                 mask != nullptr ? V::fma(sum, scale, V::load(m.from + r * m.stride)) : sum * scale);
      }
    }
  }
  template <int R, int C>
  void score_few(int64_t row) const {
    const int64_t count = visible(row + R - 1);
    int64_t j = 0;
    for (; j + 16 * (C - 1) < count; j += 16 * C) score_few<R, C>(row, j, count);
    for (; j < count; j += 16) score_few<R, 1>(row, j, count);
  }

  // The values where they lie, each row read once for C times sixteen columns: R rows times those are the accumulators.
  template <int R, int C>
  void multiply_few(int64_t row, const float* inverse, int64_t d) const {
    typename Many<V, R * C>::F acc;
#pragma GCC unroll 8
    for (int i = 0; i < R * C; ++i) acc.v[i] = V::set1(0.0f);
    const auto add = [&](int r, int64_t j) {
      const F weight = V::set1(scores[r * score_stride + j]);
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c)
        acc.v[r * C + c] = V::fma(weight, V::load(v + j * a.v_stride.row + d + c * 16), acc.v[r * C + c]);
    };
    const int64_t common = visible(row);
    for (int64_t j = 0; j < common; ++j) {
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r) add(r, j);
    }
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      for (int64_t j = common; j < visible(row + r); ++j) add(r, j);
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c)
        store_output(out + (row + r) * a.out_stride.row + d + c * 16, 16, acc.v[r * C + c], inverse[r]);
    }
  }
  template <int R, int C>
  void few_rows(int64_t row) const {
    score_few<R, C>(row);
    float inverse[R];
    weigh(row, R, inverse);
    int64_t d = 0;
    for (; d + 16 * C <= a.head_dim; d += 16 * C) multiply_few<R, C>(row, inverse, d);
    for (; d < a.head_dim; d += 16) multiply_few<R, 1>(row, inverse, d);
  }
};

// One to four rows, as generation asks for: keys and values are read once, where they are. R rows by C times sixteen keys or
// columns are eight chains, which cover the latency.
template <typename V>
void attention_of_few_rows(const AttentionHead<V>& head, int64_t row, int64_t n_rows) {
  if (n_rows == 1) return head.template few_rows<1, 4>(row);
  if (n_rows == 2) return head.template few_rows<2, 2>(row);
  if (n_rows == 3) return head.template few_rows<3, 1>(row);
  return head.template few_rows<4, 1>(row);
}

// Each line of the keys and values is read from far away once for a block of kAttentionRows rows. Where there is one such
// block only, each panel of keys is made when its turn comes.
template <typename V>
void attention_impl(const AttentionBlock& block) {
  const AttentionHead<V> head(block);
  const int64_t n_rows = block.row_end - block.row_begin;
  const bool whole = head.a.head_dim % 16 == 0;
  if (whole && n_rows <= 4) return attention_of_few_rows(head, block.row_begin, n_rows);

  const int64_t count = head.visible(block.row_end - 1);
  const bool pack_values = !whole || n_rows > 2 * kTileRows;
  const bool pack_keys = n_rows > kAttentionRows;
  if (pack_keys) head.pack_keys(count);
  if (pack_values) head.pack_values(count);
  const int64_t blocks = (n_rows + kAttentionRows - 1) / kAttentionRows;
  for (int64_t i = 0; i < blocks; ++i) {
    const int64_t begin = block.row_begin + n_rows * i / blocks, end = block.row_begin + n_rows * (i + 1) / blocks;
    const RowTiles tiles(end - begin);
    float inverse[kAttentionRows];
    head.score(begin, tiles, pack_keys);
    head.weigh(begin, tiles.rows, inverse);
    head.multiply_values(begin, tiles, inverse, pack_values);
  }
}

}  // namespace octavo
