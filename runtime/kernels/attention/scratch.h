#pragma once

#include "runtime/kernels/kernels.h"
#include "runtime/tensor.h"

namespace octavo {

// Query rows that go through the keys and values together: each line of those is then read from far away once per so many.
inline constexpr int64_t kAttentionRows = 4 * kTileRows;

// How one thread's scratch is laid out, in words of 32 bits. Where a product is INT8, its keys or values are pairs of int16 in
// the place of the floats.
struct AttentionScratch {
  int64_t keys;          // [round_up(k_len,16)/16][head_dim][16], the keys transposed; INT8: [pairs(head_dim)][16]
  int64_t values;        // [round_up(head_dim,16)/16][k_len][16], padded with 0;      INT8: [pairs(k_len)][16]
  int64_t scores;        // [kAttentionRows][score_stride]
  int64_t score_stride;  // an odd number of cache lines, so that the rows do not compete for the same sets
  int64_t queries = 0;   // [kAttentionRows][pairs(head_dim)], this and what follows for INT8 only
  int64_t weights = 0;   // [kAttentionRows][pair_stride]
  int64_t pair_stride = 0;
  int64_t k_scale = 0, v_scale = 0;  // [round_up(k_len,16)]
  int64_t total;

  // Of n numbers, taken 32 at a time.
  static int64_t pairs(int64_t n) { return round_up(n, 32) / 2; }

  // Inlined always: a copy compiled for one instruction set must not be there for others to share.
  [[gnu::always_inline]] explicit AttentionScratch(const Attention& a)
      : AttentionScratch(a.k_len, a.head_dim, a.int8()) {}
  [[gnu::always_inline]] AttentionScratch(int64_t k_len, int64_t head_dim, bool int8) {
    const int64_t padded = round_up(k_len, 16);
    score_stride = round_up(padded, 32) + 16;
    keys = 0;
    values = keys + padded * (int8 && pairs(head_dim) > head_dim ? pairs(head_dim) : head_dim);
    scores = values + padded * round_up(head_dim, 16);
    total = scores + kAttentionRows * score_stride;
    if (!int8) return;
    pair_stride = round_up(pairs(k_len), 32) + 16;
    queries = total;
    weights = queries + kAttentionRows * pairs(head_dim);
    k_scale = weights + kAttentionRows * pair_stride;
    v_scale = k_scale + padded;
    total = v_scale + padded;
  }
};

}  // namespace octavo
