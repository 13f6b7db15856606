#include "codegen/passes/lower/composed.h"

namespace octavo::passes {

ValueId positions(Lower& l, const Dim& size, size_t dim, size_t rank) {
  const ValueId range =
      l.r.emit_typed("arange", {}, {{"start", Dim(0)}, {"step", Dim(1)}}, {graph::DType::i64, {size}});
  Shape shape(rank, Dim(1));
  shape.at(dim) = size;
  return l.r.reshape(range, shape);
}

ValueId size_as_float(Lower& l, const Dim& size) {
  return l.r.cast(l.r.emit_typed("full", {}, {{"value", size}}, {graph::DType::i64, {}}), graph::DType::f32);
}

ValueId reduced(Lower& l, const char* op, ValueId x, const std::vector<int64_t>& dims, bool keepdim) {
  return l.r.emit(op, {x}, {{"dims", to_shape(dims)}, {"keepdim", keepdim}});
}

ValueId sliced(Lower& l, ValueId x, size_t dim, const Dim& start, const Dim& end, int64_t step) {
  if (start.is(0) && step == 1 && end == l.r.type(x).shape.at(dim)) return x;
  return l.r.emit("slice", {x},
                  {{"dim", Dim(static_cast<int64_t>(dim))}, {"start", start}, {"end", end}, {"step", Dim(step)}});
}

ValueId taken(Lower& l, ValueId x, ValueId index, size_t dim) {
  Shape shape = l.r.type(x).shape, along(shape.size(), Dim(1));
  along.at(dim) = shape.at(dim) = l.r.type(index).shape.at(0);
  const ValueId everywhere = l.r.emit("expand", {l.r.reshape(index, along)}, {{"shape", shape}});
  return l.r.emit("gather", {x, everywhere}, {{"dim", Dim(static_cast<int64_t>(dim))}});
}

ValueId repeated(Lower& l, ValueId x, size_t dim, const Dim& times) {
  Shape apart = l.r.type(x).shape, result = apart;
  result.at(dim) = result[dim] * times;
  apart.insert(apart.begin() + static_cast<std::ptrdiff_t>(dim) + 1, Dim(1));
  Shape wide = apart;
  wide[dim + 1] = times;
  return l.r.reshape(l.r.emit("expand", {l.r.reshape(x, apart)}, {{"shape", wide}}), result);
}

ValueId padded(Lower& l, ValueId x, size_t dim, const Dim& before, const Dim& after, double value) {
  const auto cut = [](const Dim& n) { return n.constant().value_or(0) < 0 ? Dim(0) - n : Dim(0); };
  const Dim size = l.r.type(x).shape.at(dim);
  x = sliced(l, x, dim, cut(before), size - cut(after));
  const Type type = l.r.type(x);
  const auto constant = [&](const Dim& n) {
    Type block = type;
    block.shape[dim] = n;
    const Attribute fill = type.dtype == DType::f32 ? Attribute(value) : Attribute(Dim(static_cast<int64_t>(value)));
    return l.r.emit_typed("full", {}, {{"value", fill}}, block);
  };
  const auto grows = [](const Dim& n) { return !n.is(0) && n.constant().value_or(1) > 0; };
  std::vector<ValueId> parts;
  if (grows(before)) parts.push_back(constant(before));
  parts.push_back(x);
  if (grows(after)) parts.push_back(constant(after));
  return parts.size() == 1 ? x : l.r.emit("cat", parts, {{"dim", Dim(static_cast<int64_t>(dim))}});
}

ValueId where_fractional(Lower& l, ValueId x, ValueId value) {
  return l.r.emit("where", {with_scalar(l, "lt", l.r.emit("abs", {x}), kNoFractions), value, x});
}

ValueId truncated(Lower& l, ValueId x) {
  return where_fractional(l, x, l.r.cast(l.r.cast(x, graph::DType::i64), graph::DType::f32));
}

ValueId log1p(Lower& l, ValueId x) { return l.r.emit("log", {with_scalar(l, "add", x, 1.0)}); }

}  // namespace octavo::passes
