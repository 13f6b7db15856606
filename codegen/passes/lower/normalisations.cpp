// LayerNorm and its relatives.
#include "codegen/passes/lower/composed.h"

namespace octavo::passes {

namespace {

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
  const ValueId mean = reduced(l, "mean", l.r.emit("mul", {x, x}), dims, true);
  // ATen's default is the epsilon of the dtype.
  const double eps = l.number_or("eps", 0x1p-23);
  const ValueId factor = l.r.emit("rsqrt", {l.r.emit("add", {mean}, {{"scalar", eps}})});
  const ValueId y = l.r.emit("mul", {x, factor});
  l.done(l.given(1) ? l.r.emit("mul", {y, l.in(1)}) : y);
}

// A vector, one number a channel, as it broadcasts over [N, C, ...].
ValueId per_channel(Lower& l, size_t i) {
  Shape shape(l.rank(0), Dim(1));
  shape.at(1) = l.type(0).shape.at(1);
  return l.r.reshape(l.in(i), shape);
}

// (x - mean) / sqrt(var + eps) over the dims from `first` on.
ValueId standardised(Lower& l, ValueId x, size_t first) {
  std::vector<int64_t> dims;
  for (size_t d = first; d < l.r.type(x).shape.size(); ++d) dims.push_back(static_cast<int64_t>(d));
  const ValueId from_mean = l.r.emit("sub", {x, reduced(l, "mean", x, dims, true)});
  const ValueId variance = reduced(l, "mean", l.r.emit("mul", {from_mean, from_mean}), dims, true);
  const ValueId factor = l.r.emit("rsqrt", {with_scalar(l, "add", variance, l.number_or("eps", 1e-5))});
  return l.r.emit("mul", {from_mean, factor});
}

// y * weight + bias, where they are given.
ValueId scaled_and_shifted(Lower& l, ValueId y, size_t weight, size_t bias) {
  if (l.given(weight)) y = l.r.emit("mul", {y, per_channel(l, weight)});
  return l.given(bias) ? l.r.emit("add", {y, per_channel(l, bias)}) : y;
}

void group_norm(Lower& l) {
  const Shape shape = l.type(0).shape;
  const int64_t groups = l.call.integer("num_groups");
  const auto channels = shape.at(1).constant();
  if (!channels) l.refuse("a number of channels that is not constant", "give the dim a number in --input");
  Shape grouped = shape;
  grouped[1] = Dim(*channels / groups);
  grouped.insert(grouped.begin() + 1, Dim(groups));
  const ValueId y = l.r.reshape(standardised(l, l.r.reshape(l.in(0), grouped), 2), shape);
  l.done(scaled_and_shifted(l, y, 1, 2));
}

// x * a + (bias - mean * a) with a = weight / sqrt(var + eps), from the statistics that training left.
void batch_norm(Lower& l) {
  if (l.flag("training") || l.flag("train") || !l.given(3) || !l.given(4)) {
    l.refuse("statistics of the batch", "call eval() on the module, and track running statistics");
  }
  const ValueId variance = with_scalar(l, "add", l.in(4), l.number_or("eps", 1e-5));
  ValueId a = l.r.emit("rsqrt", {variance});
  if (l.given(1)) a = l.r.emit("mul", {l.in(1), a});
  ValueId b = l.r.emit("neg", {l.r.emit("mul", {l.in(3), a})});
  if (l.given(2)) b = l.r.emit("add", {l.in(2), b});
  Shape channel(l.rank(0), Dim(1));
  channel.at(1) = l.type(0).shape.at(1);
  l.done(l.r.emit("add", {l.r.emit("mul", {l.in(0), l.r.reshape(a, channel)}), l.r.reshape(b, channel)}));
}

void instance_norm(Lower& l) {
  if (!l.flag("use_input_stats")) return batch_norm(l);
  l.done(scaled_and_shifted(l, standardised(l, l.in(0), 2), 1, 2));
}

}  // namespace

const Lowerings& normalisation_lowerings() {
  static const Lowerings table = {{"aten.layer_norm", layer_norm}, {"aten.native_layer_norm", layer_norm},
                                  {"aten.rms_norm", rms_norm},     {"aten.group_norm", group_norm},
                                  {"aten.batch_norm", batch_norm}, {"aten.instance_norm", instance_norm}};
  return table;
}

}  // namespace octavo::passes
