#include "runtime/kernels/softmax/softmax.h"

#include <vector>

#include "runtime/kernels/elementwise/rows.h"

namespace octavo {
namespace {

constexpr int64_t kScratchFloats = Threads::kScratchBytes / sizeof(float);

void strided_row(const Kernels& kernels, int64_t n, float* y, int64_t y_stride, const float* x, int64_t x_stride,
                 float* row) {
  for (int64_t i = 0; i < n; ++i) row[i] = x[i * x_stride];
  kernels.softmax(n, row, row);
  for (int64_t i = 0; i < n; ++i) y[i * y_stride] = row[i];
}

}  // namespace

void softmax(const Context& ctx, const View& out, const View& in, int dim) {
  report_views(ctx, "softmax", {&out, &in});
  if (in.dtype != DType::f32 || out.dtype != DType::f32) unsupported_dtype("softmax", in.dtype);
  check_dim("softmax", out, in, dim);
  const int64_t n = in.shape[dim];
  for_each_row(ctx, out, in, dim, [&](int64_t to, int64_t from, int) {
    float* y = out.as<float>() + to;
    const float* x = in.as<float>() + from;
    if (out.stride[dim] == 1 && in.stride[dim] == 1) return ctx.kernels.softmax(n, y, x);
    if (n <= kScratchFloats) {
      strided_row(ctx.kernels, n, y, out.stride[dim], x, in.stride[dim], static_cast<float*>(Threads::scratch()));
    } else {  // beyond any transformer; the one place that allocates
      std::vector<float> row(static_cast<size_t>(n));
      strided_row(ctx.kernels, n, y, out.stride[dim], x, in.stride[dim], row.data());
    }
  });
}

}  // namespace octavo
