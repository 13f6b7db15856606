#pragma once

#include "runtime/kernels/kernels.h"
#include "runtime/tensor.h"

namespace octavo {

// How one thread's scratch is laid out, in floats.
struct AttentionScratch {
  int64_t keys;    // [round_up(k_len,16)/16][head_dim][16], the keys transposed
  int64_t tail;    // [k_len][16], the last head_dim % 16 columns of v padded with 0
  int64_t scores;  // [kTileRows][round_up(k_len,16)]
  int64_t total;

  AttentionScratch(int64_t k_len, int64_t head_dim) {
    const int64_t padded = round_up(k_len, 16);
    keys = 0;
    tail = keys + padded * head_dim;
    scores = tail + (head_dim % 16 != 0 ? padded * 16 : 0);
    total = scores + kTileRows * padded;
  }
};

}  // namespace octavo
