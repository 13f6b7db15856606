#include "runtime/kernels/embedding_sum/embedding_sum.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <string>

#include "runtime/error.h"
#include "runtime/kernels/kernels.h"
#include "runtime/kernels/linear_s8/outliers.h"
#include "runtime/profile.h"
#include "runtime/threads.h"

namespace octavo {
namespace {

[[noreturn]] void out_of_range(const EmbeddingTerm& t, int64_t outer, int64_t inner, int64_t id) {
  throw Error(Status::invalid_argument, std::string(t.name) + "[" + std::to_string(outer) + "," +
                                            std::to_string(inner) + "] is " + std::to_string(id) +
                                            ", outside the table of " + std::to_string(t.rows) + " rows");
}

// Columns [begin, begin + n) of output channel `id`: four lie together, the next four a panel's row further.
void unpack(const EmbeddingTerm& t, int64_t id, int64_t width, int64_t begin, int64_t n, int8_t* q) {
  const int8_t* column = t.panels + id / 16 * 16 * round_up(width, 4) + id % 16 * 4;
  for (int64_t i = 0; i < n; i += 4) std::memcpy(q + i, column + (begin + i) * 16, 4);
  if (t.outliers == nullptr) return;
  const uint32_t* entries = t.outliers + round_up(t.rows, 16) + 1;
  for (uint32_t e = t.outliers[id]; e < t.outliers[id + 1]; ++e) {
    const int64_t at = static_cast<int64_t>(entries[e] & kOutliersK) - begin;
    if (at >= 0 && at < n) q[at] = static_cast<int8_t>(q[at] + (static_cast<int32_t>(entries[e]) >> 24));
  }
}

// Element by element, so parts of a row are the same bits as the row.
void add_packed_row(const Kernels& kernels, const EmbeddingTerm& t, int64_t id, int64_t width, bool add, float* y) {
  int8_t q[1024];
  for (int64_t begin = 0; begin < width; begin += 1024) {
    const int64_t n = std::min<int64_t>(1024, width - begin);
    unpack(t, id, width, begin, n, q);
    kernels.embedding_row(n, q, t.row_scale[id], add, y + begin);
  }
}

void add_row(const Kernels& kernels, const EmbeddingTerm& t, int64_t id, int64_t width, bool add, float* y) {
  if (t.panels != nullptr) {
    add_packed_row(kernels, t, id, width, add, y);
  } else if (t.q != nullptr) {
    kernels.embedding_row(width, t.q + id * width, t.row_scale[id], add, y);
  } else if (!add) {
    std::memcpy(y, t.table + id * width, static_cast<size_t>(width) * sizeof(float));
  } else {
    const float* row = t.table + id * width;
    for (int64_t i = 0; i < width; ++i) y[i] += row[i];
  }
}

// Of the tables only the rows that are looked up.
Work work(const Context& ctx, int64_t rows, int64_t width, std::span<const EmbeddingTerm> terms) {
  int64_t weight_bytes = 0;
  for (const EmbeddingTerm& term : terms) weight_bytes += rows * (term.table == nullptr ? width + 4 : 4 * width);
  return {.kernel = "embedding_sum",
          .isa = ctx.kernels.name,
          .m = rows,
          .n = width,
          .weight_bytes = weight_bytes,
          .activation_bytes = rows * (4 * width + 8 * static_cast<int64_t>(terms.size()))};
}

}  // namespace

void embedding_sum(const Context& ctx, int64_t outer, int64_t inner, int64_t width, const EmbeddingTerm* terms,
                   int count, float* y) {
  report(ctx, work(ctx, outer * inner, width, {terms, static_cast<size_t>(count)}));
  ctx.threads.parallel(outer * inner, 1, [&](int64_t begin, int64_t end, int) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t o = row / inner;
      const int64_t i = row % inner;
      for (int t = 0; t < count; ++t) {
        const EmbeddingTerm& term = terms[t];
        const int64_t id = term.ids[o * term.outer_stride + i * term.inner_stride];
        if (id < 0 || id >= term.rows) out_of_range(term, o, i, id);
        add_row(ctx.kernels, term, id, width, t > 0, y + row * width);
      }
    }
  });
}

}  // namespace octavo
