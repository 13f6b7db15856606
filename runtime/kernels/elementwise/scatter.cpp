#include <string>

#include "runtime/kernels/elementwise/elementwise.h"
#include "runtime/kernels/elementwise/loops.h"

namespace octavo {
namespace {

// Each position of the other dims is written by one thread, in the order of the index.
template <typename T>
void scatter_rows(const Context& ctx, const View& out, const View& index, const View& from, int dim, bool accumulate) {
  std::array<View, 3> rows = {index, out, from};
  for (View& view : rows) {
    std::copy(index.shape, index.shape + index.rank, view.shape);
    view.shape[dim] = 1;
  }
  const Loop<3> loop(rows);
  const int64_t size = out.shape[dim], count = index.shape[dim];
  if (loop.count() == 0 || count == 0) return;
  ctx.threads.parallel(
      loop.count(), std::max<int64_t>(1, kElementsPerTask / count), [&](int64_t begin, int64_t end, int) {
        loop.range(begin, end, [&](const std::array<int64_t, 3>& at, int64_t n) {
          for (int64_t i = 0; i < n; ++i) {
            for (int64_t k = 0; k < count; ++k) {
              const int64_t given = index.as<int64_t>()[at[0] + i * loop.step(0) + k * index.stride[dim]];
              const int64_t to = given < 0 ? given + size : given;
              if (to < 0 || to >= size)
                throw Error(Status::invalid_argument,
                            "scatter: index " + std::to_string(given) + " is outside a dim of " + std::to_string(size));
              T& y = out.as<T>()[at[1] + i * loop.step(1) + to * out.stride[dim]];
              const T x = from.as<T>()[at[2] + i * loop.step(2) + k * from.stride[dim]];
              y = accumulate ? static_cast<T>(y + x) : x;
            }
          }
        });
      });
}

void check(const View& out, const View& index, const View& from, int dim) {
  bool fits = index.rank == out.rank && from.rank == out.rank && dim >= 0 && dim < out.rank &&
              index.dtype == DType::i64 && from.dtype == out.dtype;
  for (int d = 0; fits && d < out.rank; ++d)
    fits = index.shape[d] <= from.shape[d] && (d == dim || index.shape[d] <= out.shape[d]);
  if (!fits)
    throw Error(Status::invalid_argument, "scatter: " + shape_text(from) + " by " + shape_text(index) + " along dim " +
                                              std::to_string(dim) + " does not go into " + shape_text(out));
}

}  // namespace

void scatter(const Context& ctx, const View& out, const View& index, const View& from, int dim, bool accumulate) {
  report_views(ctx, "scatter", {&out, &index, &from});
  check(out, index, from, dim);
  if (out.dtype == DType::f32) return scatter_rows<float>(ctx, out, index, from, dim, accumulate);
  if (out.dtype == DType::i64) return scatter_rows<int64_t>(ctx, out, index, from, dim, accumulate);
  if (out.dtype == DType::boolean && !accumulate) return scatter_rows<bool>(ctx, out, index, from, dim, false);
  unsupported_dtype("scatter", out.dtype);
}

}  // namespace octavo
