// Attention whose products are INT8, one of them or both; the arithmetic is in docs/numerics.md, section 5. Operands are
// multiplied as pairs of int16 in the 32-bit lanes of V, exactly. Which two numbers make a pair does not matter to an exact
// sum, so those sixteen apart do: no lane has to move.
#pragma once

#include "runtime/kernels/attention/impl.h"
#include "runtime/kernels/quantize_rows/impl.h"

namespace octavo {

// Weights are integers of 15 bits, as fine as vpmaddwd takes them for nothing.
inline constexpr float kWeightTop = 32767.0f;
inline constexpr int64_t kExactKeys = 512;
static_assert(kExactKeys * 32767 * 127 < int64_t{1} << 31 && kExactKeys % 32 == 0);

// Four rows are eight sums; the latency of an addition asks for no more.
inline constexpr int64_t kPairRows = 4;

// sums[R][16] of R rows of pairs by sixteen columns of pairs. A function of its own: GCC 12 keeps the sums in registers only
// where nothing follows the loop but their stores.
template <typename V, int R>
[[gnu::noinline]] void pair_rows(int64_t pairs, const int32_t* a, int64_t a_row, const int32_t* b, int32_t* sums) {
  typename Many<V, R>::I acc;
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) acc.v[r] = V::zero_bits();
  for (int64_t p = 0; p < pairs; ++p) {
    const auto columns = V::load(b + p * 16);
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) acc.v[r] = V::dot_pairs(acc.v[r], V::broadcast(a[r * a_row + p]), columns);
  }
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) V::store(sums + r * 16, acc.v[r]);
}

template <typename V>
void pair_tile(int64_t rows, int64_t pairs, const int32_t* a, int64_t a_row, const int32_t* b, int32_t* sums) {
  if (rows == 4) return pair_rows<V, 4>(pairs, a, a_row, b, sums);
  if (rows == 3) return pair_rows<V, 3>(pairs, a, a_row, b, sums);
  if (rows == 2) return pair_rows<V, 2>(pairs, a, a_row, b, sums);
  return pair_rows<V, 1>(pairs, a, a_row, b, sums);
}

template <typename V>
struct Int8Attention {
  using F = typename V::F;
  using I = typename V::I;
  const AttentionHead<V> head;
  const Attention& a;
  int64_t width, pair_stride;
  int32_t *keys, *values, *queries, *weights;
  float *k_scale, *v_scale;

  explicit Int8Attention(const AttentionBlock& block)
      : head(block), a(*block.args), width(AttentionScratch::pairs(a.head_dim)) {
    const AttentionScratch layout(a);
    auto* floats = static_cast<float*>(block.scratch);
    auto* ints = static_cast<int32_t*>(block.scratch);
    keys = ints + layout.keys;
    values = ints + layout.values;
    queries = ints + layout.queries;
    weights = ints + layout.weights;
    pair_stride = layout.pair_stride;
    k_scale = floats + layout.k_scale;
    v_scale = floats + layout.v_scale;
  }

  // Sixteen of a row's integers from element d on; those past its end are 0.
  I quantised(const float* x, int64_t d, const RowScale& s) const {
    const int64_t left = a.head_dim - d;
    if (left <= 0 || s.inverse == 0.0f) return V::zero_bits();
    return quantize<V>(left >= 16 ? V::load(x + d) : V::load_n(x + d, left, 0.0f), V::set1(s.inverse));
  }

  // Elements d and d + 16 of a row as the pairs of one group: [width] int32, the order that queries and keys share.
  void quantise_query(int64_t row, int64_t r, float* q_scale) const {
    const float* x = head.q + row * a.q_stride.row;
    const RowScale s = scale_of_row<V>(a.head_dim, x, a.q_scale);
    *q_scale = s.scale;
    for (int64_t d = 0; d < a.head_dim; d += 32)
      V::store(queries + r * width + d / 2, V::pair(quantised(x, d, s), quantised(x, d + 16, s)));
  }

  void pack_keys(int64_t count) const {
    int32_t staged[16 * 16];
    const int32_t* lines[16];
    for (int64_t i = 0; i < 16; ++i) lines[i] = staged + i * 16;
    for (int64_t j = 0; j < count; j += 16) {
      const float* rows[16];
      RowScale s[16];
      for (int64_t i = 0; i < 16; ++i) {
        rows[i] = head.k + (j + i < count ? j + i : count - 1) * a.k_stride.row;
        s[i] = scale_of_row<V>(a.head_dim, rows[i], a.k_scale);
        k_scale[j + i] = s[i].scale;
      }
      for (int64_t d = 0; d < a.head_dim; d += 32) {
        for (int64_t i = 0; i < 16; ++i)
          V::store(staged + i * 16, V::pair(quantised(rows[i], d, s[i]), quantised(rows[i], d + 16, s[i])));
        int32_t* to = keys + j * width + d / 2 * 16;
        V::transpose_eight(lines, 0, to);
        V::transpose_eight(lines, 8, to + 8 * 16);
      }
    }
  }

  // Keys j and j + 16 of a column as a pair: [head_dim/16][pairs of keys][16]. Keys past the end are 0.
  void pack_values(int64_t count) const {
    const int64_t pairs = AttentionScratch::pairs(a.k_len);
    for (int64_t j = 0; j < count; j += 32) {
      RowScale s[32] = {};
      for (int64_t i = 0; i < 32 && j + i < count; ++i) {
        s[i] = scale_of_row<V>(a.head_dim, head.v + (j + i) * a.v_stride.row, a.v_scale);
        v_scale[j + i] = s[i].scale;
      }
      for (int64_t i = 0; i < 16; ++i) {
        const float* low = head.v + (j + i) * a.v_stride.row;
        const float* high = low + 16 * a.v_stride.row;
        for (int64_t d = 0; d < a.head_dim; d += 16)
          V::store(values + (d / 16 * pairs + j / 2 + i) * 16,
                   V::pair(quantised(low, d, s[i]), quantised(high, d, s[i + 16])));
      }
    }
  }

  void score(int64_t row, const RowTiles& tiles) const {
    float q_scale[kAttentionRows];
    for (int64_t r = 0; r < tiles.rows; ++r) {
      quantise_query(row + r, r, q_scale + r);
      q_scale[r] *= a.scale;
    }
    const int64_t count = head.visible(row + tiles.rows - 1);
    for (int64_t j = 0; j < count; j += 16)
      for (int64_t t = 0; t < tiles.count; ++t) {
        const int64_t begin = tiles.begin(t), end = tiles.begin(t + 1);
        if (j < head.visible(row + end - 1)) score_tile(row + begin, begin, end - begin, j, q_scale + begin);
      }
  }

  void score_tile(int64_t row, int64_t begin, int64_t n_rows, int64_t j, const float* q_scale) const {
    float* s = head.scores + begin * head.score_stride + j;
    float gathered[kPairRows * 16];
    typename AttentionHead<V>::Mask m = {};
    if (head.mask != nullptr) m = head.mask_tile(row, n_rows, j, gathered);
    int32_t sums[kPairRows * 16];
    pair_tile<V>(n_rows, width, queries + begin * width, width, keys + j * width, sums);
    const F columns = V::load(k_scale + j);
    for (int64_t r = 0; r < n_rows; ++r) {
      const F scale = columns * V::set1(q_scale[r]), sum = V::to_float(V::load(sums + r * 16));
      V::store(s + r * head.score_stride,
               m.from != nullptr ? V::fma(sum, scale, V::load(m.from + r * m.stride)) : sum * scale);
    }
  }

  // One row's weights with the scales of the values in them, as integers; `inverse` takes over their scale. Keys that
  // the row does not see, up to `count`, have weight 0.
  void quantise_weights(int64_t row, int64_t r, int64_t count, float* inverse) const {
    float* e = head.scores + r * head.score_stride;
    const int64_t n = head.visible(row);
    I seen = V::zero_bits();
    by_sixteen(n, [&](int64_t j, auto m) {
      const F w = first_some<V>(load_some<V>(e + j, m) * load_some<V>(v_scale + j, m), m);
      store_some<V>(e + j, w, m);
      seen = V::max_abs_bits(seen, w);
    });
    const RowScale s = row_scale(V::max_lane(seen), 0.0f, kWeightTop);
    *inverse *= s.scale;
    const auto from = [&](int64_t j) {
      if (j >= n || s.inverse == 0.0f) return V::zero_bits();
      return V::round((n - j >= 16 ? V::load(e + j) : V::load_n(e + j, n - j, 0.0f)) * V::set1(s.inverse));
    };
    for (int64_t j = 0; j < count; j += 32) V::store(weights + r * pair_stride + j / 2, V::pair(from(j), from(j + 16)));
  }

  // The sums of a block of kExactKeys keys are exact in int32; those of the blocks are added as floats.
  void value_tile(int64_t row, int64_t begin, int64_t n_rows, int64_t d, const float* inverse) const {
    const int64_t pairs = AttentionScratch::pairs(head.visible(row + n_rows - 1));
    const int64_t columns = a.head_dim - d;
    const int32_t* panel = values + d * AttentionScratch::pairs(a.k_len);
    float* y = head.out + row * a.out_stride.row + d;
    float total[kPairRows * 16] = {};
    int32_t sums[kPairRows * 16];
    for (int64_t p = 0; p < pairs; p += kExactKeys / 2) {
      const int64_t left = pairs - p;
      pair_tile<V>(n_rows, left < kExactKeys / 2 ? left : kExactKeys / 2, weights + begin * pair_stride + p,
                   pair_stride, panel + p * 16, sums);
      for (int64_t i = 0; i < n_rows * 16; i += 16)
        V::store(total + i, V::load(total + i) + V::to_float(V::load(sums + i)));
    }
    for (int64_t r = 0; r < n_rows; ++r)
      head.store_output(y + r * a.out_stride.row, columns, V::load(total + r * 16), inverse[r]);
  }

  void multiply_values(int64_t row, const RowTiles& tiles, float* inverse) const {
    const int64_t count = head.visible(row + tiles.rows - 1);
    for (int64_t r = 0; r < tiles.rows; ++r) quantise_weights(row + r, r, count, inverse + r);
    for (int64_t d = 0; d < a.head_dim; d += 16)
      for (int64_t t = 0; t < tiles.count; ++t) {
        const int64_t begin = tiles.begin(t);
        value_tile(row + begin, begin, tiles.begin(t + 1) - begin, d, inverse + begin);
      }
  }
};

template <typename V>
void attention_int8_impl(const AttentionBlock& block) {
  const Int8Attention<V> int8(block);
  const AttentionHead<V>& head = int8.head;
  const Attention& a = *block.args;
  const int64_t count = head.visible(block.row_end - 1);
  const int64_t n_rows = block.row_end - block.row_begin;
  a.int8_scores ? int8.pack_keys(count) : head.pack_keys(count);
  a.int8_context ? int8.pack_values(count) : head.pack_values(count);
  const int64_t blocks = (n_rows + kAttentionRows - 1) / kAttentionRows;
  for (int64_t i = 0; i < blocks; ++i) {
    const int64_t begin = block.row_begin + n_rows * i / blocks, end = block.row_begin + n_rows * (i + 1) / blocks;
    const RowTiles tiles(end - begin);
    float inverse[kAttentionRows];
    const RowTiles few(end - begin, kPairRows);
    a.int8_scores ? int8.score(begin, few) : head.score(begin, tiles, true);
    head.weigh(begin, tiles.rows, inverse);
    a.int8_context ? int8.multiply_values(begin, few, inverse) : head.multiply_values(begin, tiles, inverse, true);
  }
}

}  // namespace octavo
