// Convolutions as products: over [N, C, L] or [N, C, H, W], with stride, padding, dilation and groups.
#include <algorithm>
#include <numeric>

#include "codegen/passes/lower/composed.h"

namespace octavo::passes {

namespace {

struct Convolution {
  std::vector<int64_t> kernel, stride, padding, dilation;  // one a spatial dim
  int64_t groups, channels, outputs;                       // of input and output
};

std::vector<int64_t> per_dim(Lower& l, const char* key, size_t dims, int64_t otherwise) {
  std::vector<int64_t> values = l.call.has(key) ? integers(l.call, key) : std::vector<int64_t>{otherwise};
  values.resize(dims, values.back());
  return values;
}

Convolution read(Lower& l, size_t dims) {
  if (l.rank(0) != dims + 2) l.refuse("an input without a batch", "unsqueeze(0) it");
  if (l.call.has("padding") && std::holds_alternative<std::string>(l.call.attributes.at("padding"))) {
    l.refuse("padding by name", "give the numbers");
  }
  Convolution c{{},
                per_dim(l, "stride", dims, 1),
                per_dim(l, "padding", dims, 0),
                per_dim(l, "dilation", dims, 1),
                l.integer_or("groups", 1),
                0,
                0};
  const Shape weight = l.type(1).shape;
  for (const Dim& dim : weight) {
    if (!dim.constant()) l.refuse("a weight whose shape is not constant", "make it a parameter");
  }
  for (size_t d = 2; d < weight.size(); ++d) c.kernel.push_back(*weight[d].constant());
  c.outputs = *weight[0].constant();
  c.channels = *weight[1].constant() * c.groups;
  return c;
}

// The input as each place of the kernel sees it: [N, C, out...].
ValueId seen_by(Lower& l, const Convolution& c, ValueId x, const std::vector<int64_t>& place) {
  const Shape out = l.result().shape;
  for (size_t d = 0; d < place.size(); ++d) {
    const int64_t before = place[d] * c.dilation[d], after = (c.kernel[d] - 1 - place[d]) * c.dilation[d];
    const Dim size = l.r.type(x).shape[d + 2];
    x = sliced(l, x, d + 2, Dim(before), size - Dim(after), c.stride[d]);
    Shape shape = l.r.type(x).shape;
    shape[d + 2] = out[d + 2];
    x = l.r.reshape(x, shape);
  }
  return x;
}

// All places of the kernel in row-major order.
std::vector<std::vector<int64_t>> places(const Convolution& c) {
  std::vector<std::vector<int64_t>> all = {{}};
  for (const int64_t size : c.kernel) {
    std::vector<std::vector<int64_t>> longer;
    for (const std::vector<int64_t>& place : all) {
      for (int64_t i = 0; i < size; ++i) {
        longer.push_back(place);
        longer.back().push_back(i);
      }
    }
    all = std::move(longer);
  }
  return all;
}

// A channel for itself: a sum over the kernel of weight times shifted input.
ValueId depthwise(Lower& l, const Convolution& c, ValueId x) {
  const auto all = places(c);
  const auto spatial = static_cast<int64_t>(all.size());
  const ValueId weight = l.r.reshape(l.in(1), {Dim(c.outputs), Dim(spatial)});
  Shape channel(l.rank(0), Dim(1));
  channel[1] = Dim(c.outputs);
  ValueId sum = kNone;
  for (int64_t i = 0; i < spatial; ++i) {
    const ValueId of_place = l.r.reshape(sliced(l, weight, 1, Dim(i), Dim(i + 1)), channel);
    const ValueId term = l.r.emit("mul", {seen_by(l, c, x, all[static_cast<size_t>(i)]), of_place});
    sum = sum == kNone ? term : l.r.emit("add", {sum, term});
  }
  return sum;
}

// Weight [outputs, channels * kernel], as it is stored, times what each place of the kernel sees of each channel,
// [N, channels * kernel, out].
ValueId group_product(Lower& l, const Convolution& c, ValueId x, ValueId weight) {
  const Shape out = l.result().shape;
  const Dim channels = l.r.type(weight).shape[1], outputs = l.r.type(weight).shape[0],
            columns = graph::product({out.begin() + 2, out.end()});
  std::vector<ValueId> parts;
  for (const auto& place : places(c)) {
    parts.push_back(l.r.reshape(seen_by(l, c, x, place), {out[0], channels, Dim(1), columns}));
  }
  const Dim rows = channels * Dim(static_cast<int64_t>(parts.size()));
  const ValueId stacked = parts.size() == 1 ? parts[0] : l.r.emit("cat", parts, {{"dim", Dim(2)}});
  const ValueId y =
      l.r.emit("matmul", {l.r.reshape(weight, {outputs, rows}), l.r.reshape(stacked, {out[0], rows, columns})});
  Shape shape = out;
  shape[1] = outputs;
  return l.r.reshape(y, shape);
}

ValueId grouped(Lower& l, const Convolution& c, ValueId x) {
  std::vector<ValueId> parts;
  const int64_t channels = c.channels / c.groups, outputs = c.outputs / c.groups;
  for (int64_t g = 0; g < c.groups; ++g) {
    const ValueId input = sliced(l, x, 1, Dim(g * channels), Dim((g + 1) * channels));
    parts.push_back(group_product(l, c, input, sliced(l, l.in(1), 0, Dim(g * outputs), Dim((g + 1) * outputs))));
  }
  return parts.size() == 1 ? parts[0] : l.r.emit("cat", parts, {{"dim", Dim(1)}});
}

// Patches that do not overlap, as a vision transformer takes them, are a product over rearranged values: [N, h, w, C, p, p].
bool is_patches(const Convolution& c) {
  return c.groups == 1 && c.kernel == c.stride &&
         std::all_of(c.padding.begin(), c.padding.end(), [](int64_t p) { return p == 0; }) &&
         std::all_of(c.dilation.begin(), c.dilation.end(), [](int64_t d) { return d == 1; });
}

// rows times the weight as a matrix, plus bias: a linear, where the weight is a parameter.
ValueId product_of_rows(Lower& l, ValueId rows, const Shape& matrix) {
  const graph::Weight* weight = l.r.graph().weight_of(l.in(1));
  const bool bias_is_weight = !l.given(2) || l.r.graph().weight_of(l.in(2)) != nullptr;
  if (weight != nullptr && weight->order.empty() && bias_is_weight) {
    std::vector<int64_t> order(l.rank(1));
    std::iota(order.begin(), order.end(), 0);
    const ValueId seen = l.r.add_weight({l.type(1).dtype, matrix}, weight->tensors, order);
    return l.r.emit("linear", {rows, seen, l.in_or_none(2)});
  }
  const ValueId y = l.r.emit("matmul", {rows, l.r.permute(l.r.reshape(l.in(1), matrix), {1, 0})});
  return l.given(2) ? l.r.emit("add", {y, l.in(2)}) : y;
}

void patches(Lower& l, const Convolution& c) {
  const Shape out = l.result().shape;
  const size_t dims = c.kernel.size();
  ValueId x = l.in(0);
  Shape apart = {out[0], Dim(c.channels)}, rows = {out[0]};
  std::vector<int64_t> order = {0}, back = {0, static_cast<int64_t>(dims) + 1};
  int64_t width = c.channels;
  for (size_t d = 0; d < dims; ++d) {
    x = sliced(l, x, d + 2, Dim(0), out[d + 2] * Dim(c.kernel[d]));  // what is left over is not seen
    apart.insert(apart.end(), {out[d + 2], Dim(c.kernel[d])});
    rows.push_back(out[d + 2]);
    order.push_back(static_cast<int64_t>(2 * d + 2));
    back.push_back(static_cast<int64_t>(d + 1));
    width *= c.kernel[d];
  }
  order.push_back(1);
  for (size_t d = 0; d < dims; ++d) order.push_back(static_cast<int64_t>(2 * d + 3));
  rows.push_back(Dim(width));
  const ValueId patch = l.r.reshape(l.r.permute(l.r.reshape(x, apart), order), rows);
  l.done(l.r.permute(product_of_rows(l, patch, {Dim(c.outputs), Dim(width)}), back));
}

template <size_t kDims>
void convolution(Lower& l) {
  const Convolution c = read(l, kDims);
  if (is_patches(c)) return patches(l, c);
  ValueId x = l.in(0);
  for (size_t d = 0; d < kDims; ++d) x = padded(l, x, d + 2, Dim(c.padding[d]), Dim(c.padding[d]), 0);
  ValueId y = c.groups == c.channels && c.outputs == c.channels && c.groups > 1 ? depthwise(l, c, x) : grouped(l, c, x);
  if (l.given(2)) {
    Shape channel(kDims + 2, Dim(1));
    channel[1] = Dim(c.outputs);
    y = l.r.emit("add", {y, l.r.reshape(l.in(2), channel)});
  }
  l.done(y);
}

}  // namespace

const Lowerings& convolution_lowerings() {
  static const Lowerings table = {{"aten.conv1d", convolution<1>}, {"aten.conv2d", convolution<2>}};
  return table;
}

}  // namespace octavo::passes
