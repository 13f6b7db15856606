#pragma once

#include "runtime/kernels/kernels.h"
#include "runtime/tensor.h"

namespace octavo {

// Query rows that go through the keys and values together: each line of those is then read from far away once per so many.
inline constexpr int64_t kAttentionRows = 4 * kTileRows;

// How one thread's scratch is laid out, in floats.
struct AttentionScratch {
  int64_t keys;          // [round_up(k_len,16)/16][head_dim][16], the keys transposed
  int64_t values;        // [round_up(head_dim,16)/16][k_len][16], padded with 0
  int64_t scores;        // [kAttentionRows][score_stride]
  int64_t score_stride;  // an odd number of cache lines, so that the rows do not compete for the same sets
  int64_t total;

  AttentionScratch(int64_t k_len, int64_t head_dim) {
    const int64_t padded = round_up(k_len, 16);
    score_stride = round_up(padded, 32) + 16;
    keys = 0;
    values = keys + padded * head_dim;
    scores = values + padded * round_up(head_dim, 16);
    total = scores + kAttentionRows * score_stride;
  }
};

}  // namespace octavo
