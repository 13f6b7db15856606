// Elements chosen by their value (sort, topk, bucketize) and put where an index says (scatter, index_add, slice_scatter).
#include "codegen/passes/lower/composed.h"

namespace octavo::passes {

namespace {

Dim of(size_t dim) { return {static_cast<int64_t>(dim)}; }

// The first `count` along dim, in order: values and places. Booleans are sorted as integers.
void ordered(Lower& l, size_t dim, const Dim& count, bool descending) {
  const DType dtype = l.type(0).dtype;
  const ValueId x = l.r.cast(l.in(0), dtype == DType::boolean ? DType::i64 : dtype);
  std::vector<ValueId> both =
      l.r.emit_many("sort", {x}, {{"dim", of(dim)}, {"descending", descending}, {"count", count}});
  both[0] = l.r.cast(both[0], dtype);
  // argsort gives the places alone, msort the values.
  if (l.call.results.size() == 2) return l.done(both);
  l.done(l.result().dtype == DType::i64 && l.call.op.starts_with("aten.argsort") ? both[1] : both[0]);
}

void sort(Lower& l) {
  const bool first = l.call.op.starts_with("aten.msort");
  const auto dim = static_cast<size_t>(l.dim("dim", first ? 0 : -1, l.rank(0)));
  ordered(l, dim, l.type(0).shape.at(dim), l.flag("descending"));
}

// Sorted whether asked for or not: LibTorch promises no order then.
void topk(Lower& l) {
  const auto dim = static_cast<size_t>(l.dim("dim", -1, l.rank(0)));
  ordered(l, dim, l.result().shape.at(dim), !l.call.has("largest") || l.flag("largest"));
}

// How many of the sorted boundaries are below each element (right: or equal to it).
void bucketize(Lower& l) {
  const bool search = l.call.op.starts_with("aten.searchsorted");
  const size_t boundaries = search ? 0 : 1, values = search ? 1 : 0;
  if (!l.given(values)) l.refuse("a number in the place of the values", "pass a tensor");
  if (l.rank(boundaries) != 1) l.refuse("boundaries of more than one dim", "pass a vector");
  if (search && l.given(2)) l.refuse("a sorter", "sort the boundaries");
  const DType dtype = promote(l.type(values), l.type(boundaries));
  Shape apart = l.type(values).shape;
  apart.push_back(Dim(1));
  const ValueId x = l.r.reshape(l.r.cast(l.in(values), dtype), apart);
  const bool right = l.flag("right") || l.call.string_or("side", "left") == "right";
  const ValueId below = l.r.emit(right ? "le" : "lt", {l.r.cast(l.in(boundaries), dtype), x});
  const auto last = static_cast<int64_t>(apart.size()) - 1;
  l.done(l.r.cast(reduced(l, "sum", l.r.cast(below, DType::i64), {last}, false), l.result().dtype));
}

// x with `from` at the places of `index` along dim; from is cast, and spread where it is a single number.
ValueId scattered(Lower& l, ValueId index, ValueId from, size_t dim, bool accumulate) {
  const Type type = l.result();
  from = l.r.cast(from, type.dtype);
  if (l.r.type(from).shape.empty()) from = l.r.emit("expand", {from}, {{"shape", l.r.type(index).shape}});
  return l.r.emit("scatter", {l.r.cast(l.in(0), type.dtype), l.r.cast(index, DType::i64), from},
                  {{"dim", of(dim)}, {"accumulate", accumulate}});
}

void scatter(Lower& l) {
  if (l.call.has("reduce")) l.refuse("scatter with a reduction", "use scatter_add");
  const auto dim = static_cast<size_t>(l.dim("dim", 0, l.rank(0)));
  ValueId from = l.in_or_none(2);
  if (from == kNone) {
    from = l.r.emit_typed("full", {}, {{"value", l.scalar("value", l.result().dtype)}}, {l.result().dtype, {}});
  }
  l.done(scattered(l, l.in(1), from, dim, false));
}

void scatter_add(Lower& l) {
  l.done(scattered(l, l.in(1), l.in(2), static_cast<size_t>(l.dim("dim", 0, l.rank(0))), true));
}

// The same index for every position of the other dims.
ValueId for_all(Lower& l, ValueId index, size_t dim, const Shape& shape) {
  Shape along(shape.size(), Dim(1));
  along.at(dim) = shape.at(dim);
  return l.r.emit("expand", {l.r.reshape(index, along)}, {{"shape", shape}});
}

// index_add(dim, index, source), index_copy likewise
template <bool kAdds>
void by_rows(Lower& l) {
  const auto dim = static_cast<size_t>(l.dim("dim", 0, l.rank(0)));
  ValueId source = l.r.cast(l.in(2), l.result().dtype);
  if (const double alpha = l.number_or("alpha", 1); alpha != 1) {
    source = l.r.emit("mul", {source}, {{"scalar", l.scalar("alpha", l.result().dtype)}});
  }
  const ValueId index = for_all(l, l.in(1), dim, l.r.type(source).shape);
  l.done(scattered(l, index, source, dim, kAdds));
}

void index_fill(Lower& l) {
  const auto dim = static_cast<size_t>(l.dim("dim", 0, l.rank(0)));
  Shape shape = l.type(0).shape;
  shape.at(dim) = product(l.type(1).shape);
  const DType dtype = l.result().dtype;
  const ValueId value =
      l.given(2) ? l.in(2) : l.r.emit_typed("full", {}, {{"value", l.scalar("value", dtype)}}, {dtype, {}});
  l.done(scattered(l, for_all(l, l.in(1), dim, shape), value, dim, false));
}

// x with the part [start, end) of dim replaced, every step-th element of it.
void replaced_part(Lower& l, ValueId part, size_t dim, const Dim& start, int64_t step) {
  const Type type = l.result();
  part = l.r.cast(part, type.dtype);
  const Dim length = l.r.type(part).shape.at(dim), size = type.shape.at(dim);
  const ValueId x = l.r.cast(l.in(0), type.dtype);
  if (step != 1) {
    const ValueId places =
        l.r.emit_typed("arange", {}, {{"start", start}, {"step", Dim(step)}}, {DType::i64, {length}});
    return l.done(scattered(l, for_all(l, places, dim, l.r.type(part).shape), part, dim, false));
  }
  std::vector<ValueId> parts;
  if (!start.is(0)) parts.push_back(sliced(l, x, dim, Dim(0), start));
  parts.push_back(part);
  if (!(start + length == size)) parts.push_back(sliced(l, x, dim, start + length, size));
  l.done(parts.size() == 1 ? part : l.r.emit("cat", parts, {{"dim", of(dim)}}));
}

// The recorder has resolved start and end (resolve_positions).
void slice_scatter(Lower& l) {
  const auto dim = static_cast<size_t>(l.dim("dim", 0, l.rank(0)));
  const Dim start = l.call.has("start") ? l.call.dim("start") : Dim(0);
  replaced_part(l, l.in(1), dim, start, l.integer_or("step", 1));
}

void select_scatter(Lower& l) {
  const auto dim = static_cast<size_t>(l.dim("dim", 0, l.rank(0)));
  Shape shape = l.type(1).shape;
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(dim), Dim(1));
  replaced_part(l, l.r.reshape(l.in(1), shape), dim, l.call.dim("index"), 1);
}

}  // namespace

const Lowerings& selection_lowerings() {
  static const Lowerings table = {{"aten.sort", sort},
                                  {"aten.argsort", sort},
                                  {"aten.msort", sort},
                                  {"aten.topk", topk},
                                  {"aten.bucketize", bucketize},
                                  {"aten.searchsorted", bucketize},
                                  {"aten.scatter", scatter},
                                  {"aten.scatter_add", scatter_add},
                                  {"aten.index_add", by_rows<true>},
                                  {"aten.index_copy", by_rows<false>},
                                  {"aten.index_fill", index_fill},
                                  {"aten.slice_scatter", slice_scatter},
                                  {"aten.select_scatter", select_scatter}};
  return table;
}

}  // namespace octavo::passes
