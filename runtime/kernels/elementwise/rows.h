// Visits every row of a view along one dim: what softmax, cumsum and fake_quantize have in common.
#pragma once

#include "runtime/kernels/elementwise/loops.h"

namespace octavo {

// body(out offset, in offset, thread) for each position of the other dims.
template <typename Body>
void for_each_row(const Context& ctx, const View& out, const View& in, int dim, Body body) {
  View a = out;
  View b = in;
  a.shape[dim] = b.shape[dim] = 1;
  const Loop<2> loop({a, b});
  const int64_t rows = loop.count();
  const int64_t length = std::max<int64_t>(1, out.shape[dim]);
  const int64_t grain = std::max<int64_t>(1, kElementsPerTask / length);
  if (rows == 0 || out.shape[dim] == 0) return;
  ctx.threads.parallel(rows, grain, [&](int64_t begin, int64_t end, int thread) {
    loop.range(begin, end, [&](const std::array<int64_t, 2>& at, int64_t n) {
      for (int64_t i = 0; i < n; ++i) body(at[0] + i * loop.step(0), at[1] + i * loop.step(1), thread);
    });
  });
}

inline void check_dim(const char* what, const View& out, const View& in, int dim) {
  if (dim < 0 || dim >= in.rank)
    throw Error(Status::invalid_argument,
                std::string(what) + ": no dim " + std::to_string(dim) + " in " + shape_text(in));
  if (out.rank != in.rank || !std::equal(in.shape, in.shape + in.rank, out.shape))
    throw Error(Status::invalid_argument,
                std::string(what) + ": the output is " + shape_text(out) + ", the input " + shape_text(in));
}

}  // namespace octavo
