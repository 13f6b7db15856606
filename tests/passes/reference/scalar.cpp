#include "tests/passes/reference/scalar.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace octavo::test {

using graph::Call;
using graph::DType;

double unary(const std::string& op, double x, const Call& call) {
  if (op == "neg") return -x;
  if (op == "abs") return std::abs(x);
  if (op == "exp") return std::exp(x);
  if (op == "log") return std::log(x);
  if (op == "sqrt") return std::sqrt(x);
  if (op == "rsqrt") return 1 / std::sqrt(x);
  if (op == "tanh") return std::tanh(x);
  if (op == "sigmoid") return 1 / (1 + std::exp(-x));
  if (op == "relu") return x > 0 ? x : 0;
  if (op == "silu") return x / (1 + std::exp(-x));
  if (op == "erf") return std::erf(x);
  if (op == "sin") return std::sin(x);
  if (op == "cos") return std::cos(x);
  if (op == "logical_not") return x == 0 ? 1 : 0;
  if (op == "gelu" && call.string_or("approximate", "none") == "none")
    return x * 0.5 * (1 + std::erf(x / std::sqrt(2.0)));
  if (op == "gelu") return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  throw std::logic_error("reference: " + op);
}

double binary(const std::string& op, double a, double b, DType dtype) {
  if (op == "add") return a + b;
  if (op == "sub") return a - b;
  if (op == "mul") return a * b;
  if (op == "div") return dtype == DType::f32 ? a / b : std::trunc(a / b);
  if (op == "maximum") return std::max(a, b);
  if (op == "minimum") return std::min(a, b);
  if (op == "pow") return std::pow(a, b);
  if (op == "fmod") return std::fmod(a, b);
  if (op == "floor_divide") return std::floor(a / b);
  if (op == "eq") return a == b ? 1 : 0;
  if (op == "ne") return a != b ? 1 : 0;
  if (op == "lt") return a < b ? 1 : 0;
  if (op == "le") return a <= b ? 1 : 0;
  if (op == "gt") return a > b ? 1 : 0;
  if (op == "ge") return a >= b ? 1 : 0;
  if (op == "logical_and") return a != 0 && b != 0 ? 1 : 0;
  if (op == "logical_or") return a != 0 || b != 0 ? 1 : 0;
  throw std::logic_error("reference: " + op);
}

double activate(const std::string& activation, double x, const Call& call) {
  if (activation == "none") return x;
  if (activation == "gelu_erf") return rounded(unary("gelu", x, {}), DType::f32);
  Call tanh;
  tanh.attributes["approximate"] = std::string("tanh");
  if (activation == "gelu_tanh") return rounded(unary("gelu", x, tanh), DType::f32);
  return rounded(unary(activation, x, call), DType::f32);
}

Quantised quantise(const double* x, int64_t k, double static_scale, double zero_point) {
  const bool symmetric = zero_point == 0 || zero_point == 128;
  const float top = symmetric ? 127.0F : static_cast<float>(255 - zero_point);
  const float bottom = symmetric ? 127.0F : static_cast<float>(zero_point);
  float peak = 0;
  for (int64_t i = 0; i < k; ++i) {
    const auto value = static_cast<float>(x[i]);
    peak = std::max(peak, value > 0 ? value : -value * (top / bottom));
  }
  const float scale = static_scale > 0 ? static_cast<float>(static_scale) : peak / top;
  const float inverse = static_scale > 0 ? 1.0F / scale : (peak > 0 ? top / peak : 0.0F);
  Quantised result{{}, scale};
  for (int64_t i = 0; i < k; ++i) {
    result.q.push_back(zero_point + std::clamp(std::nearbyint(static_cast<float>(x[i]) * inverse), -bottom, top));
  }
  return result;
}

double plus(double value, const Array* residual, size_t at) {
  return residual == nullptr ? value : static_cast<float>(static_cast<float>(value) + residual->data[at]);
}

double zero_point(const Call& call) { return call.has("zero_point") ? call.number("zero_point") : 128.0; }
double static_scale(const Call& call) { return call.has("static_scale") ? call.number("static_scale") : 0.0; }

}  // namespace octavo::test
