// Functions of floats that are composed of others: rounding, other bases, blends, and activations without a kernel of their
// own. Where LibTorch has a more careful formula near 0 (expm1, log1p), the error here is absolute: that of exp and log
// near 1 (docs/numerics.md).
#include <cmath>
#include <limits>

#include "codegen/passes/lower/composed.h"

namespace octavo::passes {

namespace {

ValueId operand(Lower& l) { return l.r.cast(l.in(0), l.result().dtype); }

ValueId floored(Lower& l, ValueId x) {
  const ValueId whole = truncated(l, x);
  return l.r.emit("sub", {whole, l.r.cast(l.r.emit("lt", {x, whole}), DType::f32)});
}

// Only floats have fractions; LibTorch gives integers back as they are.
template <ValueId (*kRound)(Lower&, ValueId)>
void rounded(Lower& l) {
  const ValueId x = operand(l);
  l.done(l.result().dtype == DType::f32 ? kRound(l, x) : x);
}

ValueId ceiled(Lower& l, ValueId x) { return l.r.emit("neg", {floored(l, l.r.emit("neg", {x}))}); }

// |x| + 2^23 has no bit left for the fraction, and rounds to even.
ValueId nearest_even(Lower& l, ValueId x) {
  const ValueId moved = with_scalar(l, "add", l.r.emit("abs", {x}), kNoFractions);
  const ValueId magnitude = with_scalar(l, "sub", moved, kNoFractions);
  const ValueId negative = with_scalar(l, "lt", x, 0.0);
  return where_fractional(l, x, l.r.emit("where", {negative, l.r.emit("neg", {magnitude}), magnitude}));
}

void round(Lower& l) {
  if (l.integer_or("decimals", 0) != 0) l.refuse("decimals", "scale, round and scale back");
  rounded<nearest_even>(l);
}

void fraction(Lower& l) { l.done(l.r.emit("sub", {l.in(0), truncated(l, l.in(0))})); }

void sign(Lower& l) {
  const DType dtype = l.result().dtype;
  if (dtype == DType::boolean) return l.done(l.in(0));
  const Attribute zero = l.type(0).dtype == DType::f32 ? Attribute(0.0) : Attribute(Dim(0));
  const ValueId above = l.r.cast(l.r.emit("gt", {l.in(0)}, {{"scalar", zero}}), dtype);
  const ValueId below = l.r.cast(l.r.emit("lt", {l.in(0)}, {{"scalar", zero}}), dtype);
  l.done(l.r.emit("sub", {above, below}));
}

void expm1(Lower& l) { l.done(with_scalar(l, "sub", l.r.emit("exp", {operand(l)}), 1.0)); }
void exp2(Lower& l) { l.done(l.r.emit("exp", {with_scalar(l, "mul", operand(l), std::log(2.0))})); }
void log2(Lower& l) { l.done(with_scalar(l, "mul", l.r.emit("log", {operand(l)}), 1 / std::log(2.0))); }
void log10(Lower& l) { l.done(with_scalar(l, "mul", l.r.emit("log", {operand(l)}), 1 / std::log(10.0))); }
void log1p(Lower& l) { l.done(log1p(l, operand(l))); }

void is_nan(Lower& l) { l.done(l.r.emit("ne", {l.in(0), l.in(0)})); }
template <bool kFinite>
void against_infinity(Lower& l) {
  const ValueId x = l.r.emit("abs", {l.r.cast(l.in(0), DType::f32)});
  l.done(with_scalar(l, kFinite ? "lt" : "eq", x, std::numeric_limits<double>::infinity()));
}

// From the nearer end, as LibTorch does it.
void lerp(Lower& l) {
  const ValueId start = l.in(0), end = l.in(1), span = l.r.emit("sub", {end, start});
  if (!l.given(2)) {
    const double weight = l.call.number("weight");
    if (weight < 0.5) return l.done(l.r.emit("add", {start, with_scalar(l, "mul", span, weight)}));
    return l.done(l.r.emit("sub", {end, with_scalar(l, "mul", span, 1 - weight)}));
  }
  const ValueId weight = l.in(2), rest = with_scalar(l, "sub", weight, 1.0, true);
  const ValueId from_start = l.r.emit("add", {start, l.r.emit("mul", {span, weight})});
  const ValueId from_end = l.r.emit("sub", {end, l.r.emit("mul", {span, rest})});
  l.done(l.r.emit("where", {with_scalar(l, "lt", l.r.emit("abs", {weight}), 0.5), from_start, from_end}));
}

// self + value * a * b, self + value * a / b
template <bool kDivides>
void add_scaled(Lower& l) {
  const double value = l.number_or("value", 1);
  const ValueId a = value == 1 ? l.in(1) : with_scalar(l, "mul", l.in(1), value);
  l.done(l.r.emit("add", {l.in(0), l.r.emit(kDivides ? "div" : "mul", {a, l.in(2)})}));
}

// ---- activations

ValueId clamped(Lower& l, ValueId x, double least, double most) {
  return with_scalar(l, "minimum", with_scalar(l, "maximum", x, least), most);
}
// x above 0, else otherwise
ValueId above_zero(Lower& l, ValueId x, ValueId otherwise) {
  return l.r.emit("where", {with_scalar(l, "gt", x, 0.0), x, otherwise});
}

void relu6(Lower& l) { l.done(clamped(l, l.in(0), 0, 6)); }
void hardtanh(Lower& l) { l.done(clamped(l, l.in(0), l.number_or("min_val", -1), l.number_or("max_val", 1))); }

ValueId hard_gate(Lower& l, ValueId x) {
  return with_scalar(l, "div", clamped(l, with_scalar(l, "add", x, 3.0), 0, 6), 6.0);
}
void hardsigmoid(Lower& l) { l.done(hard_gate(l, l.in(0))); }
void hardswish(Lower& l) { l.done(l.r.emit("mul", {l.in(0), hard_gate(l, l.in(0))})); }

void leaky_relu(Lower& l) {
  l.done(above_zero(l, l.in(0), with_scalar(l, "mul", l.in(0), l.number_or("negative_slope", 0.01))));
}
void prelu(Lower& l) {
  ValueId slope = l.in(1);
  const size_t rank = l.rank(0);
  if (!product(l.type(1).shape).is(1)) {  // one a channel, which is dim 1
    Shape shape(rank, Dim(1));
    shape.at(1) = l.type(1).shape.at(0);
    slope = l.r.reshape(slope, shape);
  }
  l.done(above_zero(l, l.in(0), l.r.emit("mul", {l.in(0), slope})));
}

// scale * (x above 0, else alpha * (exp(input_scale * x) - 1))
void exponential(Lower& l, double alpha, double scale, double input_scale) {
  const ValueId x = l.in(0);
  const ValueId argument = input_scale == 1 ? x : with_scalar(l, "mul", x, input_scale);
  const ValueId below = with_scalar(l, "mul", with_scalar(l, "sub", l.r.emit("exp", {argument}), 1.0), alpha);
  const ValueId y = above_zero(l, x, below);
  l.done(scale == 1 ? y : with_scalar(l, "mul", y, scale));
}
void elu(Lower& l) { exponential(l, l.number_or("alpha", 1), l.number_or("scale", 1), l.number_or("input_scale", 1)); }
void selu(Lower& l) { exponential(l, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946, 1); }
void celu(Lower& l) {
  const double alpha = l.number_or("alpha", 1);
  exponential(l, alpha, 1, 1 / alpha);
}

// max(x, 0) + log1p(exp(-|x|)) is log1p(exp(x)) without its overflow.
ValueId soft_plus(Lower& l, ValueId x) {
  const ValueId small = l.r.emit("exp", {l.r.emit("neg", {l.r.emit("abs", {x})})});
  return l.r.emit("add", {l.r.emit("relu", {x}), log1p(l, small)});
}
void softplus(Lower& l) {
  const double beta = l.number_or("beta", 1);
  const ValueId x = beta == 1 ? l.in(0) : with_scalar(l, "mul", l.in(0), beta);
  const ValueId y = soft_plus(l, x);
  l.done(beta == 1 ? y : with_scalar(l, "div", y, beta));
}
void log_sigmoid(Lower& l) {
  const ValueId y = l.r.emit("neg", {soft_plus(l, l.r.emit("neg", {l.in(0)}))});
  // log_sigmoid_forward also gives a buffer for gradients.
  if (l.call.results.size() == 1) return l.done(y);
  l.done({y, l.r.emit_typed("full", {}, {{"value", 0.0}}, l.result(1))});
}
void mish(Lower& l) { l.done(l.r.emit("mul", {l.in(0), l.r.emit("tanh", {soft_plus(l, l.in(0))})})); }

void threshold(Lower& l) {
  const ValueId above = with_scalar(l, "gt", l.in(0), l.call.number("threshold"));
  l.done(l.r.emit("where", {above, l.in(0)}, {{"scalar_b", l.call.number("value")}}));
}

// x beyond +-lambda, moved towards 0 by it (soft) or as it is (hard); 0 within.
template <bool kSoft>
void shrink(Lower& l) {
  const double lambda = l.number_or("lambd", 0.5);
  const ValueId beyond = with_scalar(l, "gt", l.r.emit("abs", {l.in(0)}), lambda);
  ValueId x = l.in(0);
  if (kSoft) x = l.r.emit("sub", {x, clamped(l, x, -lambda, lambda)});
  l.done(l.r.emit("where", {beyond, x}, {{"scalar_b", 0.0}}));
}

// NaN becomes nan, infinities posinf and neginf: by default 0 and the largest floats.
void nan_to_num(Lower& l) {
  constexpr double kLargest = std::numeric_limits<float>::max(), kInfinity = std::numeric_limits<double>::infinity();
  ValueId x = l.in(0);
  const auto replaced = [&](ValueId where, double by) { x = l.r.emit("where", {where, x}, {{"scalar_a", by}}); };
  const ValueId nan = l.r.emit("ne", {x, x}), above = with_scalar(l, "eq", x, kInfinity),
                below = with_scalar(l, "eq", x, -kInfinity);
  replaced(nan, l.number_or("nan", 0));
  replaced(above, l.number_or("posinf", kLargest));
  replaced(below, l.number_or("neginf", -kLargest));
  l.done(x);
}

// log(exp(a) + exp(b)) from the larger one; where both are one infinity, that.
void logaddexp(Lower& l) {
  const ValueId larger = l.r.emit("maximum", {l.in(0), l.in(1)}), smaller = l.r.emit("minimum", {l.in(0), l.in(1)});
  const ValueId sum = l.r.emit("add", {larger, log1p(l, l.r.emit("exp", {l.r.emit("sub", {smaller, larger})}))});
  l.done(l.r.emit("where", {l.r.emit("eq", {larger, smaller}), with_scalar(l, "add", larger, std::log(2.0)), sum}));
}

void glu(Lower& l) {
  const auto dim = static_cast<size_t>(l.dim("dim", -1, l.rank(0)));
  const Dim half = l.result().shape.at(dim);
  const ValueId gate = l.r.emit("sigmoid", {sliced(l, l.in(0), dim, half, half + half)});
  l.done(l.r.emit("mul", {sliced(l, l.in(0), dim, Dim(0), half), gate}));
}

}  // namespace

const Lowerings& function_lowerings() {
  static const Lowerings table = {{"aten.floor", rounded<floored>},
                                  {"aten.ceil", rounded<ceiled>},
                                  {"aten.trunc", rounded<truncated>},
                                  {"aten.fix", rounded<truncated>},
                                  {"aten.round", round},
                                  {"aten.frac", fraction},
                                  {"aten.sign", sign},
                                  {"aten.sgn", sign},
                                  {"aten.expm1", expm1},
                                  {"aten.exp2", exp2},
                                  {"aten.log2", log2},
                                  {"aten.log10", log10},
                                  {"aten.log1p", log1p},
                                  {"aten.isnan", is_nan},
                                  {"aten.isinf", against_infinity<false>},
                                  {"aten.isfinite", against_infinity<true>},
                                  {"aten.lerp", lerp},
                                  {"aten.addcmul", add_scaled<false>},
                                  {"aten.addcdiv", add_scaled<true>},
                                  {"aten.relu6", relu6},
                                  {"aten.hardtanh", hardtanh},
                                  {"aten.hardsigmoid", hardsigmoid},
                                  {"aten.hardswish", hardswish},
                                  {"aten.leaky_relu", leaky_relu},
                                  {"aten.prelu", prelu},
                                  {"aten._prelu_kernel", prelu},
                                  {"aten.elu", elu},
                                  {"aten.selu", selu},
                                  {"aten.celu", celu},
                                  {"aten.softplus", softplus},
                                  {"aten.log_sigmoid", log_sigmoid},
                                  {"aten.log_sigmoid_forward", log_sigmoid},
                                  {"aten.mish", mish},
                                  {"aten.threshold", threshold},
                                  {"aten.softshrink", shrink<true>},
                                  {"aten.hardshrink", shrink<false>},
                                  {"aten.nan_to_num", nan_to_num},
                                  {"aten.logaddexp", logaddexp},
                                  {"aten.glu", glu}};
  return table;
}

}  // namespace octavo::passes
