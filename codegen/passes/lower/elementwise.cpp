// Arithmetic, comparisons and functions, element by element. Operands are cast to the dtype that ATen computes in.
#include "codegen/passes/lower/composed.h"

namespace octavo::passes {

namespace {

// Attribute keys of the scalar operand, by how schemas spell it.
const char* scalar_key(const Lower& l) {
  for (const char* key : {"other", "exponent", "self", "value"}) {
    if (l.call.has(key)) return key;
  }
  l.refuse("needs a second operand", "pass a tensor or a number");
}

// op(a, b) on `dtype`; b may be a scalar argument. A size used as a number becomes a 0-dim tensor.
ValueId binary(Lower& l, const std::string& op, DType dtype, bool reversed = false) {
  const ValueId a = l.r.cast(l.in(0), dtype);
  if (l.given(1)) {
    const ValueId b = l.r.cast(l.in(1), dtype);
    return reversed ? l.r.emit(op, {b, a}) : l.r.emit(op, {a, b});
  }
  const std::string key = scalar_key(l);
  if (l.is_integral(key) && !std::holds_alternative<bool>(l.call.attributes.at(key)) &&
      !l.call.dim(key).is_constant()) {
    const ValueId size = l.r.emit_typed("full", {}, {{"value", l.call.dim(key)}}, {DType::i64, {}});
    const ValueId b = l.r.cast(size, dtype);
    return reversed ? l.r.emit(op, {b, a}) : l.r.emit(op, {a, b});
  }
  Attributes attributes = {{"scalar", l.scalar(key, dtype)}};
  if (reversed) attributes["reversed"] = true;
  return l.r.emit(op, {a}, std::move(attributes));
}

// The second operand as a tensor, which a scalar argument becomes.
ValueId second_operand(Lower& l, DType dtype) {
  if (l.given(1)) return l.r.cast(l.in(1), dtype);
  const std::string key = scalar_key(l);
  if (dtype == DType::f32 && l.call.has(key) && !std::holds_alternative<Dim>(l.call.attributes.at(key)))
    return l.r.emit_typed("full", {}, {{"value", l.scalar(key, dtype)}}, {dtype, {}});
  const ValueId whole = l.r.emit_typed("full", {}, {{"value", l.call.attributes.at(key)}}, {DType::i64, {}});
  return l.r.cast(whole, dtype);
}

// Where alpha scales the second operand: a + alpha*b, rounded after the product.
void add_or_sub(Lower& l, const std::string& op, bool reversed) {
  const DType dtype = l.result().dtype;
  if (!l.call.has("alpha") || l.call.number("alpha") == 1.0) return l.done(binary(l, op, dtype, reversed));
  if (!l.given(1)) l.refuse("alpha with a number", "multiply the number in the source");
  // rsub(a, b, alpha) = b - alpha*a: the operand that alpha scales is the subtracted one.
  ValueId a = l.r.cast(l.in(0), dtype), b = l.r.cast(l.in(1), dtype);
  if (reversed) std::swap(a, b);
  const ValueId scaled = l.r.emit("mul", {b}, {{"scalar", l.scalar("alpha", dtype)}});
  l.done(l.r.emit(op, {a, scaled}));
}

void add(Lower& l) { add_or_sub(l, "add", false); }
void sub(Lower& l) { add_or_sub(l, "sub", false); }
void rsub(Lower& l) { add_or_sub(l, "sub", true); }
void mul(Lower& l) {
  // The product of booleans is their conjunction.
  if (l.result().dtype == DType::boolean) return l.done(l.r.emit("logical_and", {l.in(0), l.in(1)}));
  l.done(binary(l, "mul", l.result().dtype));
}
void true_divide(Lower& l) { l.done(binary(l, "div", l.result().dtype)); }

void floor_divide(Lower& l) { l.done(binary(l, "floor_divide", l.result().dtype)); }
void fmod(Lower& l) { l.done(binary(l, "fmod", l.result().dtype)); }

// The rest with the sign of the divisor: fmod, and the divisor once more where the signs differ.
void remainder(Lower& l) {
  const DType dtype = l.result().dtype;
  const Attribute zero = dtype == DType::f32 ? Attribute(0.0) : Attribute(Dim(0));
  const ValueId rest = binary(l, "fmod", dtype);
  const ValueId divisor = second_operand(l, dtype);
  const ValueId signs_differ =
      l.r.emit("ne", {l.r.emit("lt", {rest}, {{"scalar", zero}}), l.r.emit("lt", {divisor}, {{"scalar", zero}})});
  const ValueId adds = l.r.emit("logical_and", {l.r.emit("ne", {rest}, {{"scalar", zero}}), signs_differ});
  l.done(l.r.emit_typed("where", {adds, l.r.emit("add", {rest, divisor}), rest}, {}, l.result()));
}

void divide_with_mode(Lower& l) {
  const std::string mode = l.call.string_or("rounding_mode", "");
  if (mode.empty()) return true_divide(l);
  if (mode != "trunc") return floor_divide(l);
  // The division of integers truncates by itself.
  const ValueId quotient = binary(l, "div", l.result().dtype);
  l.done(l.result().dtype == DType::f32 ? truncated(l, quotient) : quotient);
}

void maximum(Lower& l) { l.done(binary(l, "maximum", l.result().dtype)); }
void minimum(Lower& l) { l.done(binary(l, "minimum", l.result().dtype)); }

void pow(Lower& l) {
  const DType dtype = l.result().dtype;
  const ValueId a = l.r.cast(l.in(0), dtype);
  const bool constant = l.call.has("exponent");
  if (constant && l.call.number("exponent") == 2.0) return l.done(l.r.emit("mul", {a, a}));
  if (constant && l.call.number("exponent") == 1.0) return l.done(a);
  if (constant && dtype == DType::f32 && l.call.number("exponent") == 0.5) return l.done(l.r.emit("sqrt", {a}));
  if (constant && l.call.number("exponent") == 3.0) return l.done(l.r.emit("mul", {l.r.emit("mul", {a, a}), a}));
  l.done(binary(l, "pow", dtype, l.call.has("self")));
}

void square(Lower& l) { l.done(l.r.emit("mul", {l.in(0), l.in(0)})); }

void reciprocal(Lower& l) {
  l.done(l.r.emit("div", {l.r.cast(l.in(0), l.result().dtype)}, {{"scalar", 1.0}, {"reversed", true}}));
}

void clamp(Lower& l) {
  const DType dtype = l.result().dtype;
  ValueId x = l.r.cast(l.in(0), dtype);
  const auto bound = [&](size_t i, const char* op) {
    if (l.given(i)) x = l.r.emit(op, {x, l.r.cast(l.in(i), dtype)});
  };
  bound(1, "maximum");
  bound(2, "minimum");
  if (l.call.has("min")) x = l.r.emit("maximum", {x}, {{"scalar", l.scalar("min", dtype)}});
  if (l.call.has("max")) x = l.r.emit("minimum", {x}, {{"scalar", l.scalar("max", dtype)}});
  l.done(x);
}

template <int kOp>
void compare(Lower& l) {
  static constexpr const char* kNames[] = {"eq", "ne", "lt", "le", "gt", "ge"};
  DType dtype = l.type(0).dtype;
  if (l.given(1)) {
    dtype = promote(l.type(0), l.type(1));
  } else {
    const bool integral = l.is_integral(scalar_key(l));
    if (!integral && dtype != DType::f32) dtype = DType::f32;
    if (integral && dtype == DType::boolean) dtype = DType::i64;
  }
  l.done(binary(l, kNames[kOp], dtype));
}

void logical_and(Lower& l) {
  l.done(l.r.emit("logical_and", {l.r.cast(l.in(0), DType::boolean), l.r.cast(l.in(1), DType::boolean)}));
}
void logical_or(Lower& l) {
  l.done(l.r.emit("logical_or", {l.r.cast(l.in(0), DType::boolean), l.r.cast(l.in(1), DType::boolean)}));
}
void logical_xor(Lower& l) {
  l.done(l.r.emit("ne", {l.r.cast(l.in(0), DType::boolean), l.r.cast(l.in(1), DType::boolean)}));
}
void logical_not(Lower& l) { l.done(l.r.emit("logical_not", {l.in(0)})); }

void only_booleans(const Lower& l) {
  if (l.result().dtype != DType::boolean) l.refuse("bits of integers", "use booleans");
}
void bitwise_and(Lower& l) { only_booleans(l), logical_and(l); }
void bitwise_or(Lower& l) { only_booleans(l), logical_or(l); }
void bitwise_xor(Lower& l) { only_booleans(l), logical_xor(l); }
void bitwise_not(Lower& l) { only_booleans(l), logical_not(l); }

// masked_fill(x, mask, value) = where(mask, value, x)
void masked_fill(Lower& l) {
  const Type type = l.result();
  const ValueId x = l.r.cast(l.in(0), type.dtype);
  ValueId filled = kNone;
  if (l.given(2)) {
    filled = l.r.emit("where", {l.in(1), l.r.cast(l.in(2), type.dtype), x});
  } else {
    filled = l.r.emit("where", {l.in(1), x}, {{"scalar_a", l.scalar("value", type.dtype)}});
  }
  l.done(filled);
}

// where.self(c, a, b), .ScalarOther(c, a), .ScalarSelf(c, b), .Scalar(c)
void where(Lower& l) {
  const DType dtype = l.result().dtype;
  const ValueId condition = l.r.cast(l.in(0), DType::boolean);
  Attributes attributes;
  if (l.call.has("self")) attributes["scalar_a"] = l.scalar("self", dtype);
  if (l.call.has("other")) attributes["scalar_b"] = l.scalar("other", dtype);
  std::vector<ValueId> operands = {condition};
  for (size_t i = 1; i < l.call.operands.size(); ++i) operands.push_back(l.r.cast(l.in(i), dtype));
  l.done(l.r.emit_typed("where", operands, attributes, l.result()));
}

void gelu(Lower& l) { l.done(l.r.emit("gelu", {l.in(0)}, {{"approximate", l.call.string_or("approximate", "none")}})); }

void relu(Lower& l) {
  if (l.result().dtype == DType::f32) return l.done(l.r.emit("relu", {l.in(0)}));
  l.done(l.r.emit("maximum", {l.in(0)}, {{"scalar", Dim(0)}}));
}

// The operator's own name, on its operand cast to the result's dtype (sqrt of integers is computed in f32).
void unary(Lower& l) {
  const size_t begin = l.call.op.find('.') + 1;
  std::string op = l.call.op.substr(begin, l.call.op.find('.', begin) - begin);
  if (op.back() == '_') op.pop_back();
  if (op == "special_erf") op = "erf";
  l.done(l.r.emit(op, {l.r.cast(l.in(0), l.result().dtype)}));
}

}  // namespace

const Lowerings& elementwise_lowerings() {
  static const Lowerings table = [] {
    Lowerings rows = {{"aten.add", add},
                      {"aten.sub", sub},
                      {"aten.subtract", sub},
                      {"aten.rsub", rsub},
                      {"aten.mul", mul},
                      {"aten.multiply", mul},
                      {"aten.div", divide_with_mode},
                      {"aten.divide", divide_with_mode},
                      {"aten.true_divide", true_divide},
                      {"aten.floor_divide", floor_divide},
                      {"aten.remainder", remainder},
                      {"aten.fmod", fmod},
                      {"aten.maximum", maximum},
                      {"aten.minimum", minimum},
                      {"aten.clamp", clamp},
                      {"aten.clamp_min", clamp},
                      {"aten.clamp_max", clamp},
                      {"aten.pow", pow},
                      {"aten.square", square},
                      {"aten.reciprocal", reciprocal},
                      {"aten.eq", compare<0>},
                      {"aten.ne", compare<1>},
                      {"aten.not_equal", compare<1>},
                      {"aten.lt", compare<2>},
                      {"aten.less", compare<2>},
                      {"aten.le", compare<3>},
                      {"aten.gt", compare<4>},
                      {"aten.greater", compare<4>},
                      {"aten.ge", compare<5>},
                      {"aten.logical_and", logical_and},
                      {"aten.logical_or", logical_or},
                      {"aten.logical_xor", logical_xor},
                      {"aten.logical_not", logical_not},
                      {"aten.bitwise_and", bitwise_and},
                      {"aten.bitwise_or", bitwise_or},
                      {"aten.bitwise_xor", bitwise_xor},
                      {"aten.bitwise_not", bitwise_not},
                      {"aten.__and__", bitwise_and},
                      {"aten.__or__", bitwise_or},
                      {"aten.masked_fill", masked_fill},
                      {"aten.where", where},
                      {"aten.gelu", gelu},
                      {"aten.relu", relu}};
    for (const char* op :
         {"neg", "abs", "exp", "log", "sqrt", "rsqrt", "tanh", "sigmoid", "silu", "erf", "special_erf", "sin", "cos"}) {
      rows[std::string("aten.") + op] = unary;
    }
    return rows;
  }();
  return table;
}

}  // namespace octavo::passes
