// Views, copies and casts: what moves elements and computes nothing.
#include <numeric>

#include "codegen/passes/lower/composed.h"

namespace octavo::passes {

namespace {

void identity(Lower& l) { l.done(l.r.cast(l.in(0), l.result().dtype)); }

void dropout(Lower& l) {
  if (l.flag("train") || l.flag("training")) l.refuse("dropout in training mode", "call eval() on the module");
  identity(l);
}

// view, reshape, flatten, squeeze, …: the recorded shape is the answer, with every -1 resolved.
void reshape(Lower& l) {
  const Type result = l.result();
  if (l.type(0).dtype != result.dtype) l.refuse("reads the bytes as another dtype", "cast with .to(...)");
  if (!same_count(l.type(0).shape, result.shape)) {
    l.refuse("cannot view " + text(l.type(0).shape) + " as " + text(result.shape), "check the sizes");
  }
  l.done(l.r.reshape(l.in(0), result.shape));
}

void expand(Lower& l) {
  const Shape shape = l.result().shape;
  l.done(l.type(0).shape == shape ? l.in(0) : l.r.emit("expand", {l.in(0)}, {{"shape", shape}}));
}

// aten.copy(self, src): src, cast and broadcast to what self was.
void copy(Lower& l) {
  const Type type = l.result();
  const ValueId source = l.r.cast(l.in(1), type.dtype);
  l.done(l.r.type(source).shape == type.shape ? source : l.r.emit("expand", {source}, {{"shape", type.shape}}));
}

void permute(Lower& l) {
  std::vector<int64_t> dims;
  for (const int64_t dim : integers(l.call, "dims")) dims.push_back(wrap_dim(dim, l.rank(0), l.call.where));
  l.done(l.r.permute(l.in(0), dims));
}

void swap_dims(Lower& l, int64_t a, int64_t b) {
  std::vector<int64_t> dims(l.rank(0));
  std::iota(dims.begin(), dims.end(), 0);
  std::swap(dims.at(static_cast<size_t>(a)), dims.at(static_cast<size_t>(b)));
  l.done(l.r.permute(l.in(0), dims));
}

void transpose(Lower& l) {
  const bool axes = l.call.has("axis0");
  swap_dims(l, l.dim(axes ? "axis0" : "dim0", 0, l.rank(0)), l.dim(axes ? "axis1" : "dim1", 1, l.rank(0)));
}

void transpose_last(Lower& l) {
  const auto rank = static_cast<int64_t>(l.rank(0));
  if (rank < 2) return l.done(l.in(0));
  swap_dims(l, rank - 2, rank - 1);
}

// An index counted from the end becomes one from the start. An expression counts from the end when it is negative
// for large sizes: "-1", but also "-S".
Dim from_start(const Dim& index, const Dim& size) {
  graph::Dim::Sizes large;
  for (const std::string& name : index.names()) large[name] = int64_t{1} << 20;
  return index.evaluate(large) < 0 ? size + index : index;
}

void slice_tensor(Lower& l) {
  const auto dim = static_cast<size_t>(l.dim("dim", 0, l.rank(0)));
  const Dim size = l.type(0).shape[dim];
  const Dim start = from_start(l.call.has("start") ? l.call.dim("start") : Dim(0), size);
  const int64_t step = l.integer_or("step", 1);
  // The recorded length decides the end: sources write INT64_MAX and ends past the size.
  const Dim length = l.result().shape[dim];
  if (step == 1 && length == size) return l.done(l.in(0));
  Dim end = start + length;
  if (step != 1) {
    end = l.call.has("end") ? l.call.dim("end") : size;
    // Past any size: to the end.
    end = end.constant().value_or(0) >= (int64_t{1} << 40) ? size : from_start(end, size);
  }
  l.done(sliced(l, l.in(0), dim, start, end, step));
}

void narrow(Lower& l) {
  const auto dim = static_cast<size_t>(l.dim("dim", 0, l.rank(0)));
  const Dim start = from_start(l.call.dim("start"), l.type(0).shape[dim]);
  l.done(sliced(l, l.in(0), dim, start, start + l.call.dim("length")));
}

void select(Lower& l) {
  const auto dim = static_cast<size_t>(l.dim("dim", 0, l.rank(0)));
  const Dim index = from_start(l.call.dim("index"), l.type(0).shape[dim]);
  l.done(l.r.reshape(sliced(l, l.in(0), dim, index, index + Dim(1)), l.result().shape));
}

// split, chunk, unbind: one slice a result, as long as that result was.
void split(Lower& l) {
  const auto dim = static_cast<size_t>(l.dim("dim", 0, l.rank(0)));
  const bool unbind = l.result().shape.size() < l.rank(0);
  std::vector<ValueId> parts;
  Dim start(0);
  for (size_t i = 0; i < l.call.results.size(); ++i) {
    const Shape shape = l.result(i).shape;
    const Dim end = start + (unbind ? Dim(1) : shape[dim]);
    parts.push_back(l.r.reshape(sliced(l, l.in(0), dim, start, end), shape));
    start = end;
  }
  l.done(parts);
}

void cat(Lower& l) {
  // cat of one operand is the operand; empty rank-1 operands are ATen's legacy "nothing".
  const DType dtype = l.result().dtype;
  std::vector<ValueId> parts;
  for (size_t i = 0; i < l.call.operands.size(); ++i) {
    if (l.rank(i) == 1 && l.type(i).shape[0].is(0)) continue;
    parts.push_back(l.r.cast(l.in(i), dtype));
  }
  if (parts.size() == 1) return l.done(parts[0]);
  l.done(l.r.emit("cat", parts, {{"dim", Dim(l.dim("dim", 0, l.result().shape.size()))}}));
}

void stack(Lower& l) {
  const int64_t dim = l.dim("dim", 0, l.result().shape.size());
  std::vector<ValueId> parts;
  for (size_t i = 0; i < l.call.operands.size(); ++i) {
    Shape shape = l.type(i).shape;
    shape.insert(shape.begin() + dim, Dim(1));
    parts.push_back(l.r.reshape(l.r.cast(l.in(i), l.result().dtype), shape));
  }
  l.done(parts.size() == 1 ? parts[0] : l.r.emit("cat", parts, {{"dim", Dim(dim)}}));
}

// [a, b] repeated [r, s] is [1, a, 1, b] expanded to [r, a, s, b], seen as [r*a, s*b].
void repeat(Lower& l) {
  Shape repeats = l.call.shape(l.call.has("repeats") ? "repeats" : "dims");
  if (repeats.size() < l.rank(0)) repeats.insert(repeats.begin(), l.rank(0) - repeats.size(), Dim(1));  // tile
  Shape shape = l.type(0).shape, apart, expanded;
  shape.insert(shape.begin(), repeats.size() - shape.size(), Dim(1));
  for (size_t i = 0; i < shape.size(); ++i) {
    apart.insert(apart.end(), {Dim(1), shape[i]});
    expanded.insert(expanded.end(), {repeats[i], shape[i]});
  }
  const ValueId wide = l.r.emit("expand", {l.r.reshape(l.in(0), apart)}, {{"shape", expanded}});
  l.done(l.r.reshape(wide, l.result().shape));
}

}  // namespace

const Lowerings& movement_lowerings() {
  static const Lowerings table = [] {
    Lowerings rows = {{"aten.permute", permute},      {"aten.transpose", transpose},
                      {"aten.swapaxes", transpose},   {"aten.swapdims", transpose},
                      {"aten.t", transpose_last},     {"aten.mT", transpose_last},
                      {"aten.slice", slice_tensor},   {"aten.narrow", narrow},
                      {"aten.select", select},        {"aten.cat", cat},
                      {"aten.concat", cat},           {"aten.concatenate", cat},
                      {"aten.stack", stack},          {"aten.repeat", repeat},
                      {"aten.tile", repeat},          {"aten.copy", copy},
                      {"aten.dropout", dropout},      {"aten.feature_dropout", dropout},
                      {"aten.alpha_dropout", dropout}};
    for (const char* op : {"view", "reshape", "_unsafe_view", "_reshape_alias", "view_as", "reshape_as", "flatten",
                           "unflatten", "unsqueeze", "squeeze", "ravel"}) {
      rows[std::string("aten.") + op] = reshape;
    }
    for (const char* op : {"contiguous", "clone", "detach", "alias", "to", "_to_copy", "type_as", "lift_fresh",
                           "lift_fresh_copy", "positive", "requires_grad", "float", "_cast_Float", "_cast_Long"}) {
      rows[std::string("aten.") + op] = identity;
    }
    for (const char* op : {"expand", "expand_as", "broadcast_to"}) rows[std::string("aten.") + op] = expand;
    for (const char* op : {"split", "split_with_sizes", "chunk", "unsafe_chunk", "unsafe_split", "unbind",
                           "tensor_split", "unsafe_split_with_sizes"}) {
      rows[std::string("aten.") + op] = split;
    }
    return rows;
  }();
  return table;
}

}  // namespace octavo::passes
