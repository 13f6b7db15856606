// Elements chosen by number: index tensors become gathers along one dim.
#include <algorithm>

#include "codegen/passes/lower/composed.h"

namespace octavo::passes {

namespace {

std::vector<ValueId> operands_as(Lower& l, DType dtype) {
  std::vector<ValueId> parts;
  for (size_t i = 0; i < l.call.operands.size(); ++i) parts.push_back(l.r.cast(l.in(i), dtype));
  return parts;
}

void gather(Lower& l) {
  const auto dim = static_cast<size_t>(l.dim("dim", 0, l.rank(0)));
  l.done(l.r.emit("gather", {l.in(0), l.r.cast(l.in(1), DType::i64)}, {{"dim", Dim(static_cast<int64_t>(dim))}}));
}

// As gather, the other dims broadcast; without a dim over all elements in a row.
void take_along_dim(Lower& l) {
  if (!l.call.has("dim")) {
    const Dim all = product(l.type(0).shape);
    const ValueId index = l.r.reshape(l.r.cast(l.in(1), DType::i64), {product(l.type(1).shape)});
    return l.done(l.r.emit("gather", {l.r.reshape(l.in(0), {all}), index}, {{"dim", Dim(0)}}));
  }
  const auto dim = static_cast<size_t>(l.dim("dim", 0, l.rank(0)));
  Shape shape = l.result().shape, source = shape;
  source[dim] = l.type(0).shape[dim];
  const ValueId x = l.r.emit("expand", {l.in(0)}, {{"shape", source}});
  const ValueId index = l.r.emit("expand", {l.r.cast(l.in(1), DType::i64)}, {{"shape", shape}});
  l.done(l.r.emit("gather", {x, index}, {{"dim", Dim(static_cast<int64_t>(dim))}}));
}

// Rows of a parameter are an embedding.
void index_select(Lower& l) {
  const auto dim = static_cast<size_t>(l.dim("dim", 0, l.rank(0)));
  const ValueId index = l.r.reshape(l.r.cast(l.in(1), DType::i64), {product(l.type(1).shape)});
  if (dim == 0 && l.rank(0) == 2 && l.r.graph().weight_of(l.in(0)) != nullptr)
    return l.done(l.r.emit("embedding", {l.in(0), index}));
  l.done(taken(l, l.in(0), index, dim));
}

// index(self, indices): one tensor a dim, none where the dim is taken whole. Adjacent indexed dims become one, whose
// index is computed from theirs.
void index(Lower& l) {
  size_t first = 1;
  while (first < l.call.operands.size() && !l.given(first)) ++first;
  size_t last = first;
  while (last < l.call.operands.size() && l.given(last)) ++last;
  for (size_t i = last; i < l.call.operands.size(); ++i) {
    if (l.given(i)) l.refuse("index tensors with a whole dim between them", "index one dim after the other");
  }
  const Shape x = l.type(0).shape;
  Shape among;  // the broadcast shape of the indices
  Dim size(1);
  ValueId flat = kNone;
  for (size_t i = first; i < last; ++i) {
    if (l.type(i).dtype == DType::boolean) {
      l.refuse("a boolean index, whose result has no fixed size", "multiply by the mask, or use torch::where");
    }
    const Dim of_dim = x.at(i - 1);
    ValueId at = l.r.cast(l.in(i), DType::i64);
    among = broadcast(among, l.type(i).shape, l.call.where);
    if (last - first > 1) {  // counted from the end it must be wrapped before it takes part in a sum
      const ValueId end = l.r.emit_typed("full", {}, {{"value", of_dim}}, {DType::i64, {}});
      at = l.r.emit("where", {l.r.emit("lt", {at}, {{"scalar", Dim(0)}}), l.r.emit("add", {at, end}), at});
    }
    if (flat == kNone) {
      flat = at;
    } else {
      const ValueId width = l.r.emit_typed("full", {}, {{"value", of_dim}}, {DType::i64, {}});
      flat = l.r.emit("add", {l.r.emit("mul", {flat, width}), at});
    }
    size = size * of_dim;
  }
  Shape merged(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(first - 1));
  merged.push_back(size);
  merged.insert(merged.end(), x.begin() + static_cast<std::ptrdiff_t>(last - 1), x.end());
  const ValueId all = l.r.type(flat).shape == among ? flat : l.r.emit("expand", {flat}, {{"shape", among}});
  const ValueId rows = taken(l, l.r.reshape(l.in(0), merged), l.r.reshape(all, {product(among)}), first - 1);
  l.done(l.r.reshape(rows, l.result().shape));
}

void flip(Lower& l) {
  ValueId x = l.in(0);
  for (const int64_t given : integers(l.call, "dims")) {
    const auto dim = static_cast<size_t>(wrap_dim(given, l.rank(0), l.call.where));
    const Dim size = l.type(0).shape[dim];
    const ValueId backwards =
        l.r.emit_typed("arange", {}, {{"start", size - Dim(1)}, {"step", Dim(-1)}}, {DType::i64, {size}});
    x = taken(l, x, backwards, dim);
  }
  l.done(x);
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

// [a, b] with each element of a dim n times: [a, 1, b] expanded to [a, n, b], seen as [a*n, b].
void repeat_interleave(Lower& l) {
  if (!l.call.has("dim") || l.given(1))
    l.refuse("without a dim and one number of repeats", "name the dim and a number");
  const auto dim = static_cast<size_t>(l.dim("dim", 0, l.rank(0)));
  Shape apart = l.type(0).shape;
  apart.insert(apart.begin() + static_cast<std::ptrdiff_t>(dim) + 1, Dim(1));
  Shape wide = apart;
  wide[dim + 1] = l.call.dim("repeats");
  l.done(l.r.reshape(l.r.emit("expand", {l.r.reshape(l.in(0), apart)}, {{"shape", wide}}), l.result().shape));
}

void one_hot(Lower& l) {
  const Shape shape = l.result().shape;
  if (l.integer_or("num_classes", -1) < 0) l.refuse("without a number of classes", "pass num_classes");
  Shape apart = l.type(0).shape;
  apart.push_back(Dim(1));
  const ValueId classes = positions(l, shape.back(), shape.size() - 1, shape.size());
  l.done(l.r.cast(l.r.emit("eq", {l.r.reshape(l.in(0), apart), classes}), l.result().dtype));
}

}  // namespace

const Lowerings& indexing_lowerings() {
  static const Lowerings table = {{"aten.gather", gather},
                                  {"aten.take_along_dim", take_along_dim},
                                  {"aten.index_select", index_select},
                                  {"aten.index", index},
                                  {"aten.hstack", hstack},
                                  {"aten.meshgrid", meshgrid},
                                  {"aten.movedim", movedim},
                                  {"aten.moveaxis", movedim},
                                  {"aten.flip", flip},
                                  {"aten.roll", roll},
                                  {"aten.pad", pad},
                                  {"aten._pad_enum", pad_enum},
                                  {"aten.constant_pad_nd", pad_by_constant},
                                  {"aten.repeat_interleave", repeat_interleave},
                                  {"aten.one_hot", one_hot}};
  return table;
}

}  // namespace octavo::passes
