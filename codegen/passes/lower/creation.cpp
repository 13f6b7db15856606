// Tensors made from sizes and numbers, and the triangles that masks are made of.
#include "codegen/passes/lower/composed.h"

namespace octavo::passes {

namespace {

void filled(Lower& l, Attribute value) {
  const Type type = l.result();
  l.done(l.r.emit_typed("full", {}, {{"value", std::move(value)}}, type));
}

Attribute number(const Lower& l, double value) {
  if (l.result().dtype == DType::f32) return value;
  return Dim(static_cast<int64_t>(value));
}

void zeros(Lower& l) { filled(l, number(l, 0)); }
void ones(Lower& l) { filled(l, number(l, 1)); }

// full(size, fill_value), fill(self, value), scalar_tensor(s): a number, or a size used as one.
void full(Lower& l) {
  for (const char* key : {"fill_value", "value", "s"}) {
    if (!l.call.has(key)) continue;
    const Attribute& value = l.call.attributes.at(key);
    if (std::holds_alternative<Dim>(value) && !std::get<Dim>(value).is_constant()) {
      const Type type = l.result();
      const ValueId size = l.r.emit_typed("full", {}, {{"value", value}}, {DType::i64, type.shape});
      return l.done(l.r.cast(size, type.dtype));
    }
    return filled(l, number(l, l.call.number(key)));
  }
  // fill.Tensor(self, value): a 0-dim tensor, spread over self.
  const Type type = l.result();
  l.done(l.r.emit("expand", {l.r.cast(l.in(1), type.dtype)}, {{"shape", type.shape}}));
}

void arange(Lower& l) {
  const Type type = l.result();
  const Dim start = l.call.has("start") && l.is_integral("start") ? l.call.dim("start") : Dim(0);
  if ((l.call.has("start") && !l.is_integral("start")) || (l.call.has("step") && !l.is_integral("step"))) {
    l.refuse("arange by fractions", "make an integer range and scale it");
  }
  const Attributes attributes = {{"start", start}, {"step", Dim(l.integer_or("step", 1))}};
  const ValueId range = l.r.emit_typed("arange", {}, attributes, {DType::i64, type.shape});
  l.done(l.r.cast(range, type.dtype));
}

// tril keeps column - row <= diagonal, triu column - row >= diagonal; the rest is zero.
void triangle(Lower& l, const std::string& kept) {
  const Type type = l.result();
  if (type.shape.size() < 2) l.refuse("a tensor of fewer than 2 dims", "pass a matrix");
  const Dim rows = type.shape[type.shape.size() - 2], columns = type.shape.back();
  const ValueId row = positions(l, rows, 0, 2), column = positions(l, columns, 0, 1);
  const int64_t diagonal = l.integer_or("diagonal", 0);
  const ValueId edge = diagonal == 0 ? row : l.r.emit("add", {row}, {{"scalar", Dim(diagonal)}});
  const ValueId inside = l.r.emit(kept, {column, edge});
  if (type.dtype == DType::boolean) return l.done(l.r.emit("logical_and", {inside, l.in(0)}));
  l.done(l.r.emit("where", {inside, l.in(0)}, {{"scalar_b", number(l, 0)}}));
}

void tril(Lower& l) { triangle(l, "le"); }
void triu(Lower& l) { triangle(l, "ge"); }

}  // namespace

const Lowerings& creation_lowerings() {
  static const Lowerings table = {{"aten.zeros", zeros},     {"aten.zeros_like", zeros}, {"aten.new_zeros", zeros},
                                  {"aten.zero", zeros},      {"aten.empty", zeros},      {"aten.empty_like", zeros},
                                  {"aten.new_empty", zeros}, {"aten.ones", ones},        {"aten.ones_like", ones},
                                  {"aten.new_ones", ones},   {"aten.full", full},        {"aten.full_like", full},
                                  {"aten.new_full", full},   {"aten.fill", full},        {"aten.scalar_tensor", full},
                                  {"aten.arange", arange},   {"aten.tril", tril},        {"aten.triu", triu}};
  return table;
}

}  // namespace octavo::passes
