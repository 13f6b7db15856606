// Sums, means, extrema, softmax and the normalisations.
#include <algorithm>
#include <numeric>

#include "codegen/passes/lower/lower.h"

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

ValueId reduce(Lower& l, const std::string& op, ValueId x, const std::vector<int64_t>& dims, bool keepdim) {
  return l.r.emit(op, {x}, {{"dims", to_shape(dims)}, {"keepdim", keepdim}});
}

template <int kOp>
void plain(Lower& l) {
  static constexpr const char* kNames[] = {"sum", "mean", "max", "min"};
  // max.other and min.other are the elementwise pair.
  if (l.given(1)) {
    const DType dtype = l.result().dtype;
    return l.done(l.r.emit(kOp == 2 ? "maximum" : "minimum", {l.r.cast(l.in(0), dtype), l.r.cast(l.in(1), dtype)}));
  }
  const ValueId values =
      reduce(l, kNames[kOp], l.r.cast(l.in(0), l.result().dtype), reduced_dims(l), l.flag("keepdim"));
  if (l.call.results.size() == 1) return l.done(values);
  const ValueId indices = l.call.results[1];
  if (l.r.is_output(indices) || !l.r.consumers(indices).empty()) {
    l.refuse("the position of an extremum", "use amax or amin, or leave the selection to the caller");
  }
  l.done({values, l.r.emit_typed("full", {}, {{"value", Dim(0)}}, l.result(1))});
}

// any is a maximum, all a minimum over 0 and 1.
template <bool kAll>
void logical(Lower& l) {
  const ValueId truth = l.r.cast(l.r.cast(l.in(0), DType::boolean), DType::i64);
  const ValueId extremum = reduce(l, kAll ? "min" : "max", truth, reduced_dims(l), l.flag("keepdim"));
  l.done(l.r.emit("ne", {extremum}, {{"scalar", Dim(0)}}));
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
  const ValueId t = l.r.emit("sub", {x, reduce(l, "max", x, dims, true)});
  l.done(l.r.emit("sub", {t, l.r.emit("log", {reduce(l, "sum", l.r.emit("exp", {t}), dims, true)})}));
}

// Normalising over several last dims is normalising over their product.
void layer_norm(Lower& l) {
  const Shape normalized = l.call.shape("normalized_shape"), shape = l.result().shape;
  const Dim width = product(normalized);
  Shape rows(shape.begin(), shape.end() - static_cast<std::ptrdiff_t>(normalized.size()));
  rows.push_back(width);
  const auto flat = [&](size_t i) { return l.given(i) ? l.r.reshape(l.in(i), {width}) : kNone; };
  const ValueId x = l.r.reshape(l.in(0), rows);
  const ValueId y = l.r.emit("layer_norm", {x, flat(1), flat(2)}, {{"eps", l.number_or("eps", 1e-5)}});
  const ValueId result = l.r.reshape(y, shape);
  if (l.call.results.size() == 1) return l.done(result);
  // native_layer_norm also gives mean and 1/deviation, for gradients.
  std::vector<ValueId> results = {result};
  for (size_t i = 1; i < l.call.results.size(); ++i) {
    if (l.r.is_output(l.call.results[i]) || !l.r.consumers(l.call.results[i]).empty()) {
      l.refuse("the statistics of a LayerNorm", "use layer_norm, or compute the mean apart");
    }
    results.push_back(l.r.emit_typed("full", {}, {{"value", 0.0}}, l.result(i)));
  }
  l.done(results);
}

// x * (1 / sqrt(mean(x^2) + eps)) * weight
void rms_norm(Lower& l) {
  const size_t count = l.call.shape("normalized_shape").size(), rank = l.rank(0);
  std::vector<int64_t> dims;
  for (size_t i = rank - count; i < rank; ++i) dims.push_back(static_cast<int64_t>(i));
  const ValueId x = l.in(0);
  const ValueId mean = reduce(l, "mean", l.r.emit("mul", {x, x}), dims, true);
  // ATen's default is the epsilon of the dtype.
  const double eps = l.number_or("eps", 0x1p-23);
  const ValueId factor = l.r.emit("rsqrt", {l.r.emit("add", {mean}, {{"scalar", eps}})});
  const ValueId y = l.r.emit("mul", {x, factor});
  l.done(l.given(1) ? l.r.emit("mul", {y, l.in(1)}) : y);
}

}  // namespace

const Lowerings& reduction_lowerings() {
  static const Lowerings table = {{"aten.sum", plain<0>},
                                  {"aten.mean", plain<1>},
                                  {"aten.max", plain<2>},
                                  {"aten.amax", plain<2>},
                                  {"aten.min", plain<3>},
                                  {"aten.amin", plain<3>},
                                  {"aten.any", logical<false>},
                                  {"aten.all", logical<true>},
                                  {"aten.cumsum", cumsum},
                                  {"aten.softmax", softmax},
                                  {"aten._softmax", softmax},
                                  {"aten._safe_softmax", softmax},
                                  {"aten.log_softmax", log_softmax},
                                  {"aten._log_softmax", log_softmax},
                                  {"aten.layer_norm", layer_norm},
                                  {"aten.native_layer_norm", layer_norm},
                                  {"aten.rms_norm", rms_norm}};
  return table;
}

}  // namespace octavo::passes
