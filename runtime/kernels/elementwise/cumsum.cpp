#include "runtime/kernels/elementwise/elementwise.h"
#include "runtime/kernels/elementwise/rows.h"

namespace octavo {
namespace {

template <typename Out, typename In>
void cumsum_rows(const Context& ctx, const View& out, const View& in, int dim) {
  for_each_row(ctx, out, in, dim, [&](int64_t to, int64_t from, int) {
    Out sum{};
    for (int64_t i = 0; i < in.shape[dim]; ++i) {
      sum += static_cast<Out>(in.as<In>()[from + i * in.stride[dim]]);
      out.as<Out>()[to + i * out.stride[dim]] = sum;
    }
  });
}

}  // namespace

void cumsum(const Context& ctx, const View& out, const View& in, int dim) {
  report_views(ctx, "cumsum", {&out, &in});
  check_dim("cumsum", out, in, dim);
  if (in.dtype == DType::f32 && out.dtype == DType::f32) return cumsum_rows<float, float>(ctx, out, in, dim);
  if (out.dtype != DType::i64) unsupported_dtype("the output of cumsum", out.dtype);
  if (in.dtype == DType::i64) return cumsum_rows<int64_t, int64_t>(ctx, out, in, dim);
  if (in.dtype == DType::i32) return cumsum_rows<int64_t, int32_t>(ctx, out, in, dim);
  if (in.dtype == DType::boolean) return cumsum_rows<int64_t, bool>(ctx, out, in, dim);
  unsupported_dtype("cumsum", in.dtype);
}

}  // namespace octavo
