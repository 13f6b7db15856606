// Sums, means, extrema and their positions, softmax, deviations and norms.
#include <algorithm>
#include <limits>
#include <numeric>

#include "codegen/passes/lower/composed.h"

namespace octavo::passes {

namespace {

// `dim` as a list, a number or absent (all dims); ascending, counted from the front.
std::vector<int64_t> reduced_dims(const Lower& l) {
  std::vector<int64_t> dims;
  const auto found = l.call.attributes.find("dim");
  if (found == l.call.attributes.end()) {
    dims.resize(l.rank(0));
    std::iota(dims.begin(), dims.end(), 0);
  } else if (std::holds_alternative<Shape>(found->second)) {
    for (const int64_t dim : integers(l.call, "dim")) dims.push_back(wrap_dim(dim, l.rank(0), l.call.where));
    if (dims.empty()) dims.resize(l.rank(0)), std::iota(dims.begin(), dims.end(), 0);
  } else {
    dims.push_back(l.dim("dim", 0, l.rank(0)));
  }
  std::sort(dims.begin(), dims.end());
  return dims;
}

ValueId position_of_extremum(Lower& l, ValueId x, size_t dim, const char* extremum, bool keepdim);

template <int kOp>
void plain(Lower& l) {
  static constexpr const char* kNames[] = {"sum", "mean", "max", "min", "prod"};
  // max.other and min.other are the elementwise pair.
  if (l.given(1)) {
    const DType dtype = l.result().dtype;
    return l.done(l.r.emit(kOp == 2 ? "maximum" : "minimum", {l.r.cast(l.in(0), dtype), l.r.cast(l.in(1), dtype)}));
  }
  const ValueId values =
      reduced(l, kNames[kOp], l.r.cast(l.in(0), l.result().dtype), reduced_dims(l), l.flag("keepdim"));
  if (l.call.results.size() == 1) return l.done(values);
  const auto dim = static_cast<size_t>(l.dim("dim", 0, l.rank(0)));
  l.done({values, position_of_extremum(l, l.in(0), dim, kNames[kOp], l.flag("keepdim"))});
}

// any is a maximum, all a minimum over 0 and 1.
template <bool kAll>
void logical(Lower& l) {
  const ValueId truth = l.r.cast(l.r.cast(l.in(0), DType::boolean), DType::i64);
  const ValueId extremum = reduced(l, kAll ? "min" : "max", truth, reduced_dims(l), l.flag("keepdim"));
  l.done(l.r.emit("ne", {extremum}, {{"scalar", Dim(0)}}));
}

void aminmax(Lower& l) {
  const bool keepdim = l.flag("keepdim");
  const std::vector<int64_t> dims = reduced_dims(l);
  l.done({reduced(l, "min", l.in(0), dims, keepdim), reduced(l, "max", l.in(0), dims, keepdim)});
}

void count_nonzero(Lower& l) {
  const ValueId truth = l.r.cast(l.r.cast(l.in(0), DType::boolean), DType::i64);
  l.done(reduced(l, "sum", truth, reduced_dims(l), false));
}

void softmin(Lower& l) {
  const ValueId x = l.r.emit("neg", {l.r.cast(l.in(0), l.result().dtype)});
  l.done(l.r.emit("softmax", {x}, {{"dim", Dim(l.dim("dim", -1, l.rank(0)))}}));
}

void cumsum(Lower& l) {
  l.done(l.r.emit("cumsum", {l.r.cast(l.in(0), l.result().dtype)}, {{"dim", Dim(l.dim("dim", 0, l.rank(0)))}}));
}

void softmax(Lower& l) {
  l.done(l.r.emit("softmax", {l.r.cast(l.in(0), l.result().dtype)}, {{"dim", Dim(l.dim("dim", -1, l.rank(0)))}}));
}

// log_softmax(x) = t - log(sum(exp(t))) with t = x - max(x)
void log_softmax(Lower& l) {
  const std::vector<int64_t> dims = {l.dim("dim", -1, l.rank(0))};
  const ValueId x = l.r.cast(l.in(0), l.result().dtype);
  const ValueId t = l.r.emit("sub", {x, reduced(l, "max", x, dims, true)});
  l.done(l.r.emit("sub", {t, l.r.emit("log", {reduced(l, "sum", l.r.emit("exp", {t}), dims, true)})}));
}

// The first position of the extremum along dim; of a NaN, if there is one.
ValueId position_of_extremum(Lower& l, ValueId x, size_t dim, const char* extremum, bool keepdim) {
  const Type type = l.r.type(x);
  const std::vector<int64_t> dims = {static_cast<int64_t>(dim)};
  const ValueId is_it =
      l.r.emit("logical_or", {l.r.emit("eq", {x, reduced(l, extremum, x, dims, true)}), l.r.emit("ne", {x, x})});
  const Dim size = type.shape[dim];
  const ValueId beyond = l.r.emit_typed("full", {}, {{"value", size}}, {DType::i64, {}});
  const ValueId at = l.r.emit("where", {is_it, positions(l, size, dim, type.shape.size()), beyond});
  return reduced(l, "min", at, dims, keepdim);
}

template <bool kMost>
void position(Lower& l) {
  ValueId x = l.in(0);
  if (l.type(0).dtype == DType::boolean) x = l.r.cast(x, DType::i64);
  if (l.call.has("dim")) {
    const auto dim = static_cast<size_t>(l.dim("dim", 0, l.rank(0)));
    return l.done(position_of_extremum(l, x, dim, kMost ? "max" : "min", l.flag("keepdim")));
  }
  x = l.r.reshape(x, {product(l.type(0).shape)});
  l.done(l.r.reshape(position_of_extremum(l, x, 0, kMost ? "max" : "min", false), l.result().shape));
}

// log(sum(exp(x - m))) + m with m the largest, 0 where that is infinite.
void logsumexp(Lower& l) {
  const std::vector<int64_t> dims = reduced_dims(l);
  const ValueId largest = reduced(l, "max", l.in(0), dims, true);
  const ValueId finite = with_scalar(l, "lt", l.r.emit("abs", {largest}), std::numeric_limits<double>::infinity());
  const ValueId m = l.r.emit("where", {finite, largest}, {{"scalar_b", 0.0}});
  const ValueId sum = reduced(l, "sum", l.r.emit("exp", {l.r.emit("sub", {l.in(0), m})}), dims, true);
  l.done(l.r.reshape(l.r.emit("add", {l.r.emit("log", {sum}), m}), l.result().shape));
}

// sum((x - mean)^2) / (n - correction)
ValueId variance(Lower& l) {
  const std::vector<int64_t> dims = reduced_dims(l);
  double correction = 1;
  if (l.call.has("unbiased")) correction = l.flag("unbiased") ? 1 : 0;
  if (l.call.has("correction")) correction = l.call.number("correction");
  const ValueId from_mean = l.r.emit("sub", {l.in(0), reduced(l, "mean", l.in(0), dims, true)});
  const ValueId squares = reduced(l, "sum", l.r.emit("mul", {from_mean, from_mean}), dims, l.flag("keepdim"));
  Dim count(1);
  for (const int64_t dim : dims) count = count * l.type(0).shape[static_cast<size_t>(dim)];
  return l.r.emit("div", {squares, with_scalar(l, "sub", size_as_float(l, count), correction)});
}
void var(Lower& l) { l.done(variance(l)); }
void standard_deviation(Lower& l) { l.done(l.r.emit("sqrt", {variance(l)})); }

ValueId euclidean(Lower& l, ValueId x, const std::vector<int64_t>& dims, bool keepdim) {
  return l.r.emit("sqrt", {reduced(l, "sum", l.r.emit("mul", {x, x}), dims, keepdim)});
}

void norm(Lower& l) {
  const double p = l.call.has("ord") ? l.number_or("ord", 2) : l.number_or("p", 2);
  const std::vector<int64_t> dims = reduced_dims(l);
  const bool keepdim = l.flag("keepdim");
  if (p == 2) return l.done(euclidean(l, l.in(0), dims, keepdim));
  const ValueId magnitude = l.r.emit("abs", {l.in(0)});
  if (p == 1) return l.done(reduced(l, "sum", magnitude, dims, keepdim));
  if (p == std::numeric_limits<double>::infinity()) return l.done(reduced(l, "max", magnitude, dims, keepdim));
  l.refuse("a norm other than 1, 2 and infinity", "write it with pow and sum");
}

// Each vector is divided by its length, which is eps at least.
void cosine_similarity(Lower& l) {
  const std::vector<int64_t> dims = {l.dim("dim", 1, std::max(l.rank(0), l.rank(1)))};
  const double eps = l.number_or("eps", 1e-8);
  const auto unit = [&](size_t i) {
    return l.r.emit("div", {l.in(i), with_scalar(l, "maximum", euclidean(l, l.in(i), dims, true), eps)});
  };
  l.done(reduced(l, "sum", l.r.emit("mul", {unit(0), unit(1)}), dims, false));
}

}  // namespace

const Lowerings& reduction_lowerings() {
  static const Lowerings table = {{"aten.sum", plain<0>},
                                  {"aten.mean", plain<1>},
                                  {"aten.max", plain<2>},
                                  {"aten.amax", plain<2>},
                                  {"aten.min", plain<3>},
                                  {"aten.amin", plain<3>},
                                  {"aten.prod", plain<4>},
                                  {"aten.aminmax", aminmax},
                                  {"aten.count_nonzero", count_nonzero},
                                  {"aten.softmin", softmin},
                                  {"aten.any", logical<false>},
                                  {"aten.all", logical<true>},
                                  {"aten.cumsum", cumsum},
                                  {"aten.softmax", softmax},
                                  {"aten._softmax", softmax},
                                  {"aten._safe_softmax", softmax},
                                  {"aten.log_softmax", log_softmax},
                                  {"aten._log_softmax", log_softmax},
                                  {"aten.logsumexp", logsumexp},
                                  {"aten.argmax", position<true>},
                                  {"aten.argmin", position<false>},
                                  {"aten.var", var},
                                  {"aten.std", standard_deviation},
                                  {"aten.norm", norm},
                                  {"aten.linalg_vector_norm", norm},
                                  {"aten.cosine_similarity", cosine_similarity}};
  return table;
}

}  // namespace octavo::passes
