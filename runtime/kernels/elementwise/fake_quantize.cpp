#include "runtime/kernels/elementwise/elementwise.h"
#include "runtime/kernels/elementwise/rows.h"
#include "runtime/kernels/quantize_rows/impl.h"
#include "runtime/kernels/vec/scalar.h"

namespace octavo {
namespace {

using V = scalar::Vec;

// Sixteen elements at any stride; the lanes past the end are 0.
scalar::Float gather(const float* x, int64_t stride, int64_t n) {
  float lanes[16] = {};
  for (int64_t i = 0; i < n; ++i) lanes[i] = x[i * stride];
  return V::load(lanes);
}

void fake_quantize_row(int64_t k, float* y, int64_t y_stride, const float* x, int64_t x_stride, float static_scale) {
  auto seen = V::zero_bits();
  for (int64_t i = 0; i < k; i += 16)
    seen = V::max_abs_bits(seen, gather(x + i * x_stride, x_stride, std::min<int64_t>(16, k - i)));
  const RowScale s = row_scale(V::max_lane(seen), static_scale);
  for (int64_t i = 0; i < k; i += 16) {
    const int64_t n = std::min<int64_t>(16, k - i);
    auto v = gather(x + i * x_stride, x_stride, n);
    if (s.inverse == 0.0f) v = V::set1(0.0f);
    const auto back = V::to_float(quantize<V>(v, V::set1(s.inverse))) * V::set1(s.scale);
    for (int64_t j = 0; j < n; ++j) y[(i + j) * y_stride] = back.v[j];
  }
}

}  // namespace

void fake_quantize(const Context& ctx, const View& out, const View& in, float static_scale) {
  report_views(ctx, "fake_quantize", {&out, &in});
  if (in.dtype != DType::f32 || out.dtype != DType::f32) unsupported_dtype("fake_quantize", in.dtype);
  const int dim = in.rank - 1;
  check_dim("fake_quantize", out, in, dim);
  for_each_row(ctx, out, in, dim, [&](int64_t to, int64_t from, int) {
    fake_quantize_row(in.shape[dim], out.as<float>() + to, out.stride[dim], in.as<float>() + from, in.stride[dim],
                      static_scale);
  });
}

}  // namespace octavo
