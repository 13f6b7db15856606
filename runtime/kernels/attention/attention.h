// Scaled dot-product attention in FP32, for every batch b, head h and query row i:
//
//   s[j]     = (sum_d q[i,d] * k[j,d]) * scale + mask[b,h,i,j]                      d ascending, fma from +0
//   e[j]     = exp(s[j] - max s)
//   out[i,d] = (sum_j e[j] * v[j,d] + 0) * (1 / sum_j e[j])              the first sum: j ascending, fma from +0;
//                                                                          the second: sixteen lanes, docs/numerics.md
//
// causal: row i sees the keys j <= i + (k_len - q_len); the others have e = 0, and a row that
// sees none is +0.
// Strides count elements; the innermost (d) has stride 1 in q, k, v and out, so each may be a slice of a
// merged QKV buffer. The mask is additive f32; a stride of 0 broadcasts; null means none. A key whose exp is
// exactly +0 (an additive -1e4 or less is enough for ordinary scores) leaves every bit as if the key were not
// there, provided that its v is finite: a padded sequence answers as it would alone. A row whose every key is
// masked by -inf is NaN.
//
// Either product may be INT8, on integers made per row of a head: docs/numerics.md, section 5.
#pragma once

#include <cstddef>

#include "runtime/context.h"

namespace octavo {

struct AttentionStrides {
  int64_t batch = 0, head = 0, row = 0;
};

struct Attention {
  int64_t batch = 0, heads = 0, q_len = 0, k_len = 0, head_dim = 0;
  const float* q = nullptr;  // [batch, heads, q_len, head_dim] by its strides
  const float* k = nullptr;  // [batch, heads, k_len, head_dim]
  const float* v = nullptr;  // [batch, heads, k_len, head_dim]
  float* out = nullptr;      // [batch, heads, q_len, head_dim]
  AttentionStrides q_stride, k_stride, v_stride, out_stride;
  const float* mask = nullptr;  // [batch, heads, q_len, k_len] by its strides, or null
  AttentionStrides mask_stride = {};
  int64_t mask_key_stride = 1;  // 0 or 1 or any
  float scale = 1.0f;
  bool causal = false;
  bool int8_scores = false, int8_context = false;        // the products of q and k, of the weights and v
  float q_scale = 0.0f, k_scale = 0.0f, v_scale = 0.0f;  // of their integers, from calibration; 0: by each row's absmax
  void* scratch = nullptr;                               // attention_scratch_bytes(...), 64-byte aligned

  bool int8() const { return int8_scores || int8_context; }
};
inline constexpr int64_t kMostInt8HeadDim = 65536;  // d * 127 * 127 < 2^31, with room

// Scratch for one call on `threads` threads: per thread the keys and values of one head in panels and the scores of a block
// of rows. int8: of an attention with an INT8 product.
int64_t attention_scratch_bytes(int64_t k_len, int64_t head_dim, int threads, bool int8 = false);

void attention(const Context& ctx, const Attention& args);

}  // namespace octavo
