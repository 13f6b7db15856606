// Pooling over [N, C, L] or [N, C, H, W]: each place of the kernel sees a slice of the input, and the slices are joined.
#include <limits>

#include "codegen/passes/lower/composed.h"

namespace octavo::passes {

namespace {

struct Pool {
  std::vector<int64_t> kernel, stride, padding, dilation;
};

std::vector<int64_t> numbers_per_dim(Lower& l, const char* key, size_t dims, const std::vector<int64_t>& otherwise) {
  std::vector<int64_t> values = l.call.has(key) ? integers(l.call, key) : otherwise;
  if (values.empty()) values = otherwise;
  values.resize(dims, values.back());
  return values;
}

Pool read_pool(Lower& l, size_t dims) {
  if (l.flag("ceil_mode")) l.refuse("ceil_mode", "pad the input in the source");
  const std::vector<int64_t> kernel = numbers_per_dim(l, "kernel_size", dims, {1});
  return {kernel, numbers_per_dim(l, "stride", dims, kernel), numbers_per_dim(l, "padding", dims, {0}),
          numbers_per_dim(l, "dilation", dims, {1})};
}

// Joins what the places along one dim see, padded by `outside` before: maxima and sums may be taken dim by dim.
ValueId joined(Lower& l, const Pool& pool, ValueId x, size_t d, size_t dim, const char* op, double outside) {
  const Dim length = l.result().shape.at(dim);
  x = padded(l, x, dim, Dim(pool.padding[d]), Dim(pool.padding[d]), outside);
  ValueId result = kNone;
  for (int64_t place = 0; place < pool.kernel[d]; ++place) {
    const Dim start(place * pool.dilation[d]);
    const Dim end = start + (length - Dim(1)) * Dim(pool.stride[d]) + Dim(1);
    const ValueId seen = sliced(l, x, dim, start, end, pool.stride[d]);
    result = result == kNone ? seen : l.r.emit(op, {result, seen});
  }
  return result;
}

template <size_t kDims>
void max_pool(Lower& l) {
  const Pool pool = read_pool(l, kDims);
  const size_t first = l.rank(0) - kDims;
  ValueId x = l.in(0);
  for (size_t d = 0; d < kDims; ++d)
    x = joined(l, pool, x, d, first + d, "maximum", -std::numeric_limits<double>::infinity());
  l.done(x);
}

template <size_t kDims>
void average_pool(Lower& l) {
  const Pool pool = read_pool(l, kDims);
  const size_t first = l.rank(0) - kDims;
  ValueId x = l.in(0);
  int64_t count = 1;
  for (size_t d = 0; d < kDims; ++d) {
    const bool padding_counts = !l.call.has("count_include_pad") || l.flag("count_include_pad");
    if (pool.padding[d] > 0 && !padding_counts) l.refuse("an average without its padding", "pad the input yourself");
    x = joined(l, pool, x, d, first + d, "add", 0);
    count *= pool.kernel[d];
  }
  if (l.call.has("divisor_override")) count = l.call.integer("divisor_override");
  l.done(with_scalar(l, "div", x, static_cast<double>(count)));
}

// The mean of all, or of parts of one size.
template <size_t kDims>
void adaptive_pool(Lower& l) {
  const size_t first = l.rank(0) - kDims;
  const Shape shape = l.type(0).shape, result = l.result().shape;
  Shape apart(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(first));
  std::vector<int64_t> dims;
  for (size_t d = first; d < l.rank(0); ++d) {
    const Dim parts = result[d];
    const auto part = shape[d].exact_quotient(parts);
    if (!part) l.refuse("parts of different sizes", "pool to 1, or to a divisor of the size");
    apart.insert(apart.end(), {parts, *part});
    dims.push_back(static_cast<int64_t>(apart.size()) - 1);
  }
  l.done(reduced(l, "mean", l.r.reshape(l.in(0), apart), dims, false));
}

}  // namespace

const Lowerings& pooling_lowerings() {
  static const Lowerings table = {{"aten.max_pool1d", max_pool<1>},
                                  {"aten.max_pool2d", max_pool<2>},
                                  {"aten.avg_pool1d", average_pool<1>},
                                  {"aten.avg_pool2d", average_pool<2>},
                                  {"aten.adaptive_avg_pool1d", adaptive_pool<1>},
                                  {"aten.adaptive_avg_pool2d", adaptive_pool<2>}};
  return table;
}

}  // namespace octavo::passes
