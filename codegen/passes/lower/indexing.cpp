// Elements chosen by number: index tensors become gathers along one dim.
#include "codegen/passes/lower/composed.h"

namespace octavo::passes {

namespace {

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

// Index tensors of operands [1, end), one a dim, none where the dim is taken whole. Adjacent indexed dims become one, whose
// index is computed from theirs.
struct MergedIndex {
  size_t dim;      // the first indexed one
  Shape merged;    // of self, its indexed dims as one
  Shape among;     // the broadcast shape of the index tensors
  ValueId places;  // in the merged dim, product(among) of them
};

MergedIndex merged_index(Lower& l, size_t end) {
  size_t first = 1;
  while (first < end && !l.given(first)) ++first;
  size_t last = first;
  while (last < end && l.given(last)) ++last;
  for (size_t i = last; i < end; ++i) {
    if (l.given(i)) l.refuse("index tensors with a whole dim between them", "index one dim after the other");
  }
  const Shape x = l.type(0).shape;
  MergedIndex result{first - 1, {}, {}, kNone};
  Dim size(1);
  ValueId flat = kNone;
  for (size_t i = first; i < last; ++i) {
    if (l.type(i).dtype == DType::boolean) {
      l.refuse("a boolean index, whose result has no fixed size", "multiply by the mask, or use torch::where");
    }
    const Dim of_dim = x.at(i - 1);
    ValueId at = l.r.cast(l.in(i), DType::i64);
    result.among = broadcast(result.among, l.type(i).shape, l.call.where);
    if (last - first > 1) {  // counted from the end it must be wrapped before it takes part in a sum
      const ValueId end_of_dim = l.r.emit_typed("full", {}, {{"value", of_dim}}, {DType::i64, {}});
      at = l.r.emit("where", {l.r.emit("lt", {at}, {{"scalar", Dim(0)}}), l.r.emit("add", {at, end_of_dim}), at});
    }
    if (flat == kNone) {
      flat = at;
    } else {
      const ValueId width = l.r.emit_typed("full", {}, {{"value", of_dim}}, {DType::i64, {}});
      flat = l.r.emit("add", {l.r.emit("mul", {flat, width}), at});
    }
    size = size * of_dim;
  }
  result.merged.assign(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(first - 1));
  result.merged.push_back(size);
  result.merged.insert(result.merged.end(), x.begin() + static_cast<std::ptrdiff_t>(last - 1), x.end());
  const ValueId all =
      l.r.type(flat).shape == result.among ? flat : l.r.emit("expand", {flat}, {{"shape", result.among}});
  result.places = l.r.reshape(all, {product(result.among)});
  return result;
}

void index(Lower& l) {
  const MergedIndex at = merged_index(l, l.call.operands.size());
  const ValueId rows = taken(l, l.r.reshape(l.in(0), at.merged), at.places, at.dim);
  l.done(l.r.reshape(rows, l.result().shape));
}

// index_put(self, indices, values): values come last. A mask chooses elements where they stand.
void index_put(Lower& l) {
  const size_t last = l.call.operands.size() - 1;
  const Type type = l.result();
  const bool accumulate = l.flag("accumulate");
  const ValueId x = l.r.cast(l.in(0), type.dtype), values = l.r.cast(l.in(last), type.dtype);
  if (last == 2 && l.given(1) && l.type(1).dtype == DType::boolean) {
    if (!l.type(last).shape.empty()) l.refuse("values by a mask", "write torch::where(mask, values, x)");
    Shape mask = l.type(1).shape;
    mask.resize(type.shape.size(), Dim(1));
    const ValueId chosen = accumulate ? l.r.emit("add", {x, values}) : values;
    return l.done(l.r.emit_typed("where", {l.r.reshape(l.in(1), mask), chosen, x}, {}, type));
  }
  const MergedIndex at = merged_index(l, last);
  // Values as index would give them, the indexed dims as one.
  Shape chosen = at.merged, given(at.merged.begin(), at.merged.begin() + static_cast<std::ptrdiff_t>(at.dim));
  chosen[at.dim] = product(at.among);
  given.insert(given.end(), at.among.begin(), at.among.end());
  given.insert(given.end(), at.merged.begin() + static_cast<std::ptrdiff_t>(at.dim) + 1, at.merged.end());
  const ValueId spread = l.r.type(values).shape == given ? values : l.r.emit("expand", {values}, {{"shape", given}});
  Shape along(chosen.size(), Dim(1));
  along[at.dim] = chosen[at.dim];
  const ValueId places = l.r.emit("expand", {l.r.reshape(at.places, along)}, {{"shape", chosen}});
  const ValueId y = l.r.emit("scatter", {l.r.reshape(x, at.merged), places, l.r.reshape(spread, chosen)},
                             {{"dim", Dim(static_cast<int64_t>(at.dim))}, {"accumulate", accumulate}});
  l.done(l.r.reshape(y, type.shape));
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
  static const Lowerings table = {
      {"aten.gather", gather},  {"aten.take_along_dim", take_along_dim}, {"aten.index_select", index_select},
      {"aten.index", index},    {"aten.index_put", index_put},           {"aten.flip", flip},
      {"aten.one_hot", one_hot}};
  return table;
}

}  // namespace octavo::passes
