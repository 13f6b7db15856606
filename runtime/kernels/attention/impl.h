#pragma once

#include "runtime/kernels/attention/scratch.h"
#include "runtime/kernels/kernels.h"
#include "runtime/kernels/linear_f32/impl.h"
#include "runtime/kernels/softmax/impl.h"

namespace octavo {

template <typename V>
struct AttentionHead {
  using F = typename V::F;
  const Attention& a;
  const float *q, *k, *v, *mask;
  float* out;
  float *keys, *tail, *scores;
  int64_t padded;

  AttentionHead(const AttentionBlock& block)
      : a(*block.args),
        q(a.q + at(a.q_stride, block)),
        k(a.k + at(a.k_stride, block)),
        v(a.v + at(a.v_stride, block)),
        mask(a.mask != nullptr ? a.mask + at(a.mask_stride, block) : nullptr),
        out(a.out + at(a.out_stride, block)),
        padded(round_up(a.k_len, 16)) {
    const AttentionScratch layout(a.k_len, a.head_dim);
    auto* scratch = static_cast<float*>(block.scratch);
    keys = scratch + layout.keys;
    tail = scratch + layout.tail;
    scores = scratch + layout.scores;
  }

  static int64_t at(const AttentionStrides& s, const AttentionBlock& b) { return b.batch * s.batch + b.head * s.head; }

  int64_t visible(int64_t row) const {
    if (!a.causal) return a.k_len;
    const int64_t n = row + 1 + a.k_len - a.q_len;
    return n < 0 ? 0 : n < a.k_len ? n : a.k_len;
  }

  void pack_keys(int64_t count) {
    for (int64_t j = 0; j < count; ++j) {
      const float* from = k + j * a.k_stride.row;
      float* to = keys + j / 16 * 16 * a.head_dim + j % 16;
      for (int64_t d = 0; d < a.head_dim; ++d) to[d * 16] = from[d];
    }
    for (int64_t j = count; j < round_up(count, 16); ++j) {
      float* to = keys + j / 16 * 16 * a.head_dim + j % 16;
      for (int64_t d = 0; d < a.head_dim; ++d) to[d * 16] = 0.0f;
    }
  }

  void pack_value_tail(int64_t count) {
    const int64_t begin = a.head_dim / 16 * 16;
    if (begin == a.head_dim) return;
    for (int64_t j = 0; j < count; ++j)
      V::store(tail + j * 16, V::load_n(v + j * a.v_stride.row + begin, a.head_dim - begin, 0.0f));
  }

  // s = acc * scale (+ mask), then softmax over the keys the row sees; the others up to `count` have p = 0.
  void finish_scores(float* s, int64_t row, int64_t count) {
    const int64_t n = visible(row);
    const float* m = mask != nullptr ? mask + row * a.mask_stride.row : nullptr;
    const F scale = V::set1(a.scale);
    for (int64_t j = 0; j < round_up(n, 16); j += 16) {
      const int64_t left = n - j < 16 ? n - j : 16;
      const F acc = V::load(s + j);
      V::store(s + j, m == nullptr ? acc * scale : V::fma(acc, scale, load_mask(m, j, left)));
    }
    softmax_row<V>(n, s, s);
    for (int64_t j = n; j < count; ++j) s[j] = 0.0f;
  }

  F load_mask(const float* m, int64_t j, int64_t n) const {
    if (a.mask_key_stride == 1) return load_some<V>(m + j, n);
    if (a.mask_key_stride == 0) return V::set1(m[0]);
    float gathered[16] = {};
    for (int64_t i = 0; i < n; ++i) gathered[i] = m[(j + i) * a.mask_key_stride];
    return V::load(gathered);
  }

  // Up to kTileRows query rows: scores, softmax, product with v. The scores never leave the first-level cache.
  void rows(int64_t row, int64_t n_rows) {
    const int64_t count = visible(row + n_rows - 1);
    for (int64_t j = 0; j < count; j += 16)
      tile_f32_impl<V>({n_rows, a.head_dim, q + row * a.q_stride.row, a.q_stride.row, 1, keys + j * a.head_dim, 16,
                        scores + j, padded, false});
    for (int64_t r = 0; r < n_rows; ++r) finish_scores(scores + r * padded, row + r, count);
    for (int64_t d = 0; d < a.head_dim; d += 16) {
      const int64_t columns = a.head_dim - d < 16 ? a.head_dim - d : 16;
      const float* from = columns == 16 ? v + d : tail;
      const int64_t stride = columns == 16 ? a.v_stride.row : 16;
      float* y = out + row * a.out_stride.row + d;
      const TileF32 tile{n_rows, count, scores, padded, 1, from, stride, nullptr, 0, false};
      tile_any<V>(tile, [&](int r, const F& acc) {
        // Adding +0 makes a -0 (an underflow) +0, as it is when further keys with p = 0 follow.
        store_some<V>(y + r * a.out_stride.row, acc + V::set1(0.0f), columns);
      });
    }
  }
};

template <typename V>
void attention_impl(const AttentionBlock& block) {
  AttentionHead<V> head(block);
  const int64_t count = head.visible(block.row_end - 1);
  head.pack_keys(count);
  head.pack_value_tail(count);
  for (int64_t row = block.row_begin; row < block.row_end; row += kTileRows)
    head.rows(row, block.row_end - row < kTileRows ? block.row_end - row : kTileRows);
}

}  // namespace octavo
