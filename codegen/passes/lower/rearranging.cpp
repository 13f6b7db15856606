// Parts put together anew: joined, padded, repeated, turned.
#include <algorithm>

#include "codegen/passes/lower/composed.h"

namespace octavo::passes {

namespace {

std::vector<ValueId> operands_as(Lower& l, DType dtype) {
  std::vector<ValueId> parts;
  for (size_t i = 0; i < l.call.operands.size(); ++i) parts.push_back(l.r.cast(l.in(i), dtype));
  return parts;
}

// dim 0 of a vector, dim 1 of anything else
void hstack(Lower& l) {
  const int64_t dim = l.result().shape.size() > 1 ? 1 : 0;
  l.done(l.r.emit("cat", operands_as(l, l.result().dtype), {{"dim", Dim(dim)}}));
}

// meshgrid of vectors, "ij": each runs along its own dim.
void meshgrid(Lower& l) {
  std::vector<ValueId> grids;
  const size_t rank = l.call.operands.size();
  const bool xy = l.call.string_or("indexing", "ij") == "xy";
  for (size_t i = 0; i < rank; ++i) {
    Shape shape(rank, Dim(1));
    shape[xy && i < 2 ? 1 - i : i] = product(l.type(i).shape);
    grids.push_back(l.r.emit("expand", {l.r.reshape(l.in(i), shape)}, {{"shape", l.result(i).shape}}));
  }
  l.done(grids);
}

// movedim(source, destination): the others keep their order.
void movedim(Lower& l) {
  const auto list = [&](const char* key) {
    std::vector<int64_t> dims;
    if (std::holds_alternative<Shape>(l.call.attributes.at(key))) {
      dims = integers(l.call, key);
    } else {
      dims = {l.call.integer(key)};
    }
    for (int64_t& dim : dims) dim = wrap_dim(dim, l.rank(0), l.call.where);
    return dims;
  };
  const std::vector<int64_t> source = list("source"), destination = list("destination");
  std::vector<int64_t> order(l.rank(0), -1);
  for (size_t i = 0; i < source.size(); ++i) order.at(static_cast<size_t>(destination.at(i))) = source[i];
  int64_t next = 0;
  for (int64_t& from : order) {
    if (from >= 0) continue;
    while (std::find(source.begin(), source.end(), next) != source.end()) ++next;
    from = next++;
  }
  l.done(l.r.permute(l.in(0), order));
}

// roll by n: the last n come first.
void roll(Lower& l) {
  const std::vector<int64_t> shifts = integers(l.call, "shifts"), dims = integers(l.call, "dims");
  if (dims.empty()) l.refuse("roll over all elements", "name the dims");
  ValueId x = l.in(0);
  for (size_t i = 0; i < dims.size(); ++i) {
    const auto dim = static_cast<size_t>(wrap_dim(dims[i], l.rank(0), l.call.where));
    const Dim size = l.type(0).shape[dim];
    int64_t shift = shifts.at(i);
    if (const auto constant = size.constant(); constant && *constant > 0) {
      shift = (shift % *constant + *constant) % *constant;
    } else if (shift < -1 || shift > 1) {
      l.refuse("roll by " + std::to_string(shift) + " of a dim that may be shorter",
               "write it with slices and torch::cat");
    }
    if (shift == 0) continue;
    const Dim cut = shift > 0 ? size - Dim(shift) : Dim(-shift);
    x = l.r.emit("cat", {sliced(l, x, dim, cut, size), sliced(l, x, dim, Dim(0), cut)},
                 {{"dim", Dim(static_cast<int64_t>(dim))}});
  }
  l.done(x);
}

// pad lists (before, after) from the last dim on.
void pad_by_constant(Lower& l) {
  const Shape amounts = l.call.shape("pad");
  ValueId x = l.in(0);
  for (size_t i = 0; i + 1 < amounts.size(); i += 2) {
    x = padded(l, x, l.rank(0) - 1 - i / 2, amounts[i], amounts[i + 1], l.number_or("value", 0));
  }
  l.done(x);
}
void pad(Lower& l) {
  if (l.call.string_or("mode", "constant") != "constant") l.refuse("padding that copies values", "pad with a constant");
  pad_by_constant(l);
}
// The numbers are those of at::padding_mode.
void pad_enum(Lower& l) {
  if (l.integer_or("mode", 3) != 3) l.refuse("padding that copies values", "pad with a constant");
  pad_by_constant(l);
}

// Windows of `size` elements along dim, every step-th of them, which become the last dim.
void unfold(Lower& l) {
  const auto dim = static_cast<size_t>(l.dim("dimension", 0, l.rank(0)));
  const Shape result = l.result().shape;
  const Dim count = result.at(dim), size = result.back(), step(l.call.integer("step"));
  const ValueId starts = l.r.emit_typed("arange", {}, {{"start", Dim(0)}, {"step", step}}, {DType::i64, {count}});
  const ValueId places = l.r.emit("add", {l.r.reshape(starts, {count, Dim(1)}), positions(l, size, 0, 1)});
  const ValueId rows = taken(l, l.in(0), l.r.reshape(places, {count * size}), dim);
  Shape apart = l.type(0).shape;
  apart[dim] = count;
  apart.insert(apart.begin() + static_cast<std::ptrdiff_t>(dim) + 1, size);
  std::vector<int64_t> order;
  for (size_t i = 0; i < apart.size(); ++i) {
    if (i != dim + 1) order.push_back(static_cast<int64_t>(i));
  }
  order.push_back(static_cast<int64_t>(dim) + 1);
  l.done(l.r.permute(l.r.reshape(rows, apart), order));
}

// Neighbours subtracted, n times.
void diff(Lower& l) {
  if (l.given(1) || l.given(2)) l.refuse("prepend and append", "use torch::cat before");
  const auto dim = static_cast<size_t>(l.dim("dim", -1, l.rank(0)));
  ValueId x = l.in(0);
  for (int64_t n = l.integer_or("n", 1); n > 0; --n) {
    const Dim size = l.r.type(x).shape.at(dim);
    x = l.r.emit("sub", {sliced(l, x, dim, Dim(1), size), sliced(l, x, dim, Dim(0), size - Dim(1))});
  }
  l.done(x);
}

void repeat_interleave(Lower& l) {
  if (l.given(1)) l.refuse("repeats that differ", "pass one number of repeats");
  if (!l.call.has("dim")) {  // over all elements in a row
    const ValueId row = l.r.reshape(l.in(0), {product(l.type(0).shape)});
    return l.done(repeated(l, row, 0, l.call.dim("repeats")));
  }
  const auto dim = static_cast<size_t>(l.dim("dim", 0, l.rank(0)));
  l.done(repeated(l, l.in(0), dim, l.call.dim("repeats")));
}

}  // namespace

const Lowerings& rearranging_lowerings() {
  static const Lowerings table = {{"aten.hstack", hstack},
                                  {"aten.meshgrid", meshgrid},
                                  {"aten.movedim", movedim},
                                  {"aten.moveaxis", movedim},
                                  {"aten.roll", roll},
                                  {"aten.pad", pad},
                                  {"aten._pad_enum", pad_enum},
                                  {"aten.constant_pad_nd", pad_by_constant},
                                  {"aten.unfold", unfold},
                                  {"aten.diff", diff},
                                  {"aten.repeat_interleave", repeat_interleave}};
  return table;
}

}  // namespace octavo::passes
