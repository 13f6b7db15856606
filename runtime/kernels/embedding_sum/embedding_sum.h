// The sum of several embedding lookups: y[o,i,:] = sum_t table_t[ids_t[o,i], :], terms in the order given.
//
//   s8 table: value = row_scale[id] * float(q[id,:])       f32 table: value = table[id,:]
//   packed:   the same, q[id,:] the weights of output channel id of a linear_s8, panels and outliers together: the table
//             of a tied head, stored once
//   the first term is its value; each later one is fma(row_scale, q, sum) or sum + value
//
// y: [outer, inner, width] contiguous. ids are read at outer * outer_stride + inner * inner_stride, so a [1,
// S] position row (outer_stride 0) or a single constant id (both 0) needs no copy. An id outside [0, rows) is
// an octavo::Error naming the term, its position and the value; y is then unspecified.
#pragma once

#include "runtime/context.h"

namespace octavo {

struct EmbeddingTerm {
  const int64_t* ids = nullptr;
  int64_t outer_stride = 0, inner_stride = 1;
  const int8_t* q = nullptr;         // [rows, width] with row_scale, or null
  const float* row_scale = nullptr;  // [rows]
  const float* table = nullptr;      // [rows, width], when q and panels are null
  int64_t rows = 0;
  const char* name = "";               // for the error: "input_ids"
  const int8_t* panels = nullptr;      // instead of q: those of a PackedS8 with n = rows and k = width,
  const uint32_t* outliers = nullptr;  // and its list, or null
};

void embedding_sum(const Context& ctx, int64_t outer, int64_t inner, int64_t width, const EmbeddingTerm* terms,
                   int count, float* y);

}  // namespace octavo
