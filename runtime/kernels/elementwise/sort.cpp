#include <algorithm>
#include <numeric>
#include <span>

#include "runtime/kernels/elementwise/elementwise.h"
#include "runtime/kernels/elementwise/loops.h"

namespace octavo {
namespace {

// NaN is above everything, as LibTorch has it.
bool less(float a, float b) { return a < b || (b != b && a == a); }
bool less(int64_t a, int64_t b) { return a < b; }

template <typename T>
void sort_rows(const Context& ctx, const View& values, const View& index, const View& in, int dim, bool descending,
               int64_t* scratch) {
  std::array<View, 3> rows = {values, index, in};
  for (View& view : rows) view.shape[dim] = 1;
  const Loop<3> loop(rows);
  const int64_t size = in.shape[dim], kept = values.shape[dim];
  if (loop.count() == 0 || kept == 0) return;
  const int64_t grain = std::max<int64_t>(1, kElementsPerTask / std::max<int64_t>(1, size));
  ctx.threads.parallel(loop.count(), grain, [&](int64_t begin, int64_t end, int thread) {
    const std::span<int64_t> order(scratch + thread * size, static_cast<size_t>(size));
    loop.range(begin, end, [&](const std::array<int64_t, 3>& at, int64_t n) {
      for (int64_t i = 0; i < n; ++i) {
        const T* x = in.as<T>() + at[2] + i * loop.step(2);
        const auto value = [&](int64_t place) { return x[place * in.stride[dim]]; };
        // Equal values stay in their order: the place decides, so that the first `kept` may be taken alone.
        const auto before = [&](int64_t a, int64_t b) {
          if (descending ? less(value(b), value(a)) : less(value(a), value(b))) return true;
          return !(descending ? less(value(a), value(b)) : less(value(b), value(a))) && a < b;
        };
        std::iota(order.begin(), order.end(), int64_t{0});
        std::partial_sort(order.begin(), order.begin() + kept, order.end(), before);
        for (int64_t k = 0; k < kept; ++k) {
          const int64_t place = order[static_cast<size_t>(k)];
          values.as<T>()[at[0] + i * loop.step(0) + k * values.stride[dim]] = value(place);
          index.as<int64_t>()[at[1] + i * loop.step(1) + k * index.stride[dim]] = place;
        }
      }
    });
  });
}

void check(const View& values, const View& index, const View& in, int dim) {
  bool fits = values.rank == in.rank && index.rank == in.rank && dim >= 0 && dim < in.rank &&
              values.dtype == in.dtype && index.dtype == DType::i64;
  for (int d = 0; fits && d < in.rank; ++d)
    fits = values.shape[d] == index.shape[d] &&
           (d == dim ? values.shape[d] <= in.shape[d] : values.shape[d] == in.shape[d]);
  if (!fits)
    throw Error(Status::invalid_argument, "sort: " + shape_text(values) + " of " + shape_text(in) + " along dim " +
                                              std::to_string(dim) + " does not exist");
}

}  // namespace

int64_t sort_scratch_bytes(int64_t size, int threads) {
  return std::max<int64_t>(1, size * threads) * static_cast<int64_t>(sizeof(int64_t));
}

void sort(const Context& ctx, const View& values, const View& index, const View& in, int dim, bool descending,
          void* scratch) {
  report_views(ctx, "sort", {&values, &index, &in});
  check(values, index, in, dim);
  auto* places = static_cast<int64_t*>(scratch);
  if (in.dtype == DType::f32) return sort_rows<float>(ctx, values, index, in, dim, descending, places);
  if (in.dtype == DType::i64) return sort_rows<int64_t>(ctx, values, index, in, dim, descending, places);
  unsupported_dtype("sort", in.dtype);
}

}  // namespace octavo
