#include <string>

#include "runtime/kernels/elementwise/elementwise.h"
#include "runtime/kernels/elementwise/loops.h"

namespace octavo {
namespace {

template <typename T>
void gather_typed(const Context& ctx, const View& out, const View& in, const View& index, int dim) {
  const int64_t size = in.shape[dim], step = in.stride[dim];
  View rows = out;  // the places that an index of 0 reads
  std::copy(in.stride, in.stride + in.rank, rows.stride);
  rows.stride[dim] = 0;
  const Loop<3> loop({out, rows, index});
  for_each_run<3>(ctx, loop, [&](const std::array<int64_t, 3>& at, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
      const int64_t given = index.as<int64_t>()[at[2] + i * loop.step(2)];
      const int64_t from = given < 0 ? given + size : given;
      if (from < 0 || from >= size)
        throw Error(Status::invalid_argument,
                    "gather: index " + std::to_string(given) + " is outside a dim of " + std::to_string(size));
      out.as<T>()[at[0] + i * loop.step(0)] = in.as<T>()[at[1] + i * loop.step(1) + from * step];
    }
  });
}

void check(const View& out, const View& in, const View& index, int dim) {
  bool fits = in.rank == out.rank && index.rank == out.rank && dim >= 0 && dim < in.rank && index.dtype == DType::i64 &&
              in.dtype == out.dtype;
  for (int d = 0; fits && d < out.rank; ++d)
    fits = index.shape[d] == out.shape[d] && (d == dim || out.shape[d] <= in.shape[d]);
  if (!fits)
    throw Error(Status::invalid_argument, "gather: " + shape_text(in) + " by " + shape_text(index) + " along dim " +
                                              std::to_string(dim) + " does not give " + shape_text(out));
}

}  // namespace

void gather(const Context& ctx, const View& out, const View& in, const View& index, int dim) {
  report_views(ctx, "gather", {&out, &in, &index});
  check(out, in, index, dim);
  switch (size_of(in.dtype)) {
    case 8:
      return gather_typed<int64_t>(ctx, out, in, index, dim);
    case 4:
      return gather_typed<int32_t>(ctx, out, in, index, dim);
    default:
      return gather_typed<int8_t>(ctx, out, in, index, dim);
  }
}

}  // namespace octavo
