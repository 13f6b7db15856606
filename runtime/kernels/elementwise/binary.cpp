#include <cmath>
#include <limits>
#include <type_traits>

#include "runtime/kernels/elementwise/double_math.h"
#include "runtime/kernels/elementwise/elementwise.h"
#include "runtime/kernels/elementwise/loops.h"

namespace octavo {
namespace {

// NaN if either is NaN; +0 is above -0, so that the order of the operands does not matter.
float greater_of(float a, float b) {
  if (a != a) return a;
  if (b != b) return b;
  if (a == b) return std::bit_cast<int32_t>(a) > std::bit_cast<int32_t>(b) ? a : b;
  return a > b ? a : b;
}
float lesser_of(float a, float b) {
  if (a != a) return a;
  if (b != b) return b;
  if (a == b) return std::bit_cast<int32_t>(a) < std::bit_cast<int32_t>(b) ? a : b;
  return a < b ? a : b;
}
int64_t greater_of(int64_t a, int64_t b) { return a > b ? a : b; }
int64_t lesser_of(int64_t a, int64_t b) { return a < b ? a : b; }

// Integer arithmetic wraps, as on every CPU; the unsigned types make that defined.
int64_t wrap_add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
int64_t wrap_sub(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
int64_t wrap_mul(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

int64_t divide(int64_t a, int64_t b) {
  if (b == 0) throw Error(Status::invalid_argument, "integer division by zero");
  return b == -1 ? wrap_sub(0, a) : a / b;
}

int64_t remainder(int64_t a, int64_t b) {
  if (b == 0) throw Error(Status::invalid_argument, "integer division by zero");
  return b == -1 ? 0 : a % b;
}

int64_t floor_divide(int64_t a, int64_t b) {
  const int64_t quotient = divide(a, b);
  return remainder(a, b) != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

// The quotient of what the exact remainder leaves: floor(a / b) would round up first where a / b is just below an integer.
float floor_divide(float a, float b) {
  if (b == 0.0f) return a / b;
  const float rest = std::fmod(a, b);
  float quotient = (a - rest) / b;
  if (rest != 0.0f && (b < 0.0f) != (rest < 0.0f)) quotient -= 1.0f;
  if (quotient == 0.0f) return std::copysign(0.0f, a / b);
  const float down = std::floor(quotient);
  return quotient - down > 0.5f ? down + 1.0f : down;
}

int64_t power(int64_t base, int64_t exponent) {
  if (exponent < 0) throw Error(Status::invalid_argument, "an integer to a negative power");
  int64_t r = 1;
  for (; exponent > 0; exponent >>= 1, base = wrap_mul(base, base))
    if ((exponent & 1) != 0) r = wrap_mul(r, base);
  return r;
}

struct Operands {
  const Context& ctx;
  const View &out, &a, &b;

  template <typename Out, typename T, typename F>
  void run(F f) const {
    map_views<Out, T>(ctx, out, a, b, f);
  }
};

void arithmetic_f32(BinaryOp op, const Operands& v) {
  switch (op) {
    case BinaryOp::add:
      return v.run<float, float>([](float x, float y) { return x + y; });
    case BinaryOp::sub:
      return v.run<float, float>([](float x, float y) { return x - y; });
    case BinaryOp::mul:
      return v.run<float, float>([](float x, float y) { return x * y; });
    case BinaryOp::div:
      return v.run<float, float>([](float x, float y) { return x / y; });
    case BinaryOp::maximum:
      return v.run<float, float>([](float x, float y) { return greater_of(x, y); });
    case BinaryOp::minimum:
      return v.run<float, float>([](float x, float y) { return lesser_of(x, y); });
    case BinaryOp::fmod:
      return v.run<float, float>([](float x, float y) { return std::fmod(x, y); });
    case BinaryOp::floor_divide:
      return v.run<float, float>([](float x, float y) { return floor_divide(x, y); });
    default:
      return v.run<float, float>(pow_f32);
  }
}

void arithmetic_i64(BinaryOp op, const Operands& v) {
  using I = int64_t;
  switch (op) {
    case BinaryOp::add:
      return v.run<I, I>(wrap_add);
    case BinaryOp::sub:
      return v.run<I, I>(wrap_sub);
    case BinaryOp::mul:
      return v.run<I, I>(wrap_mul);
    case BinaryOp::div:
      return v.run<I, I>(divide);
    case BinaryOp::maximum:
      return v.run<I, I>([](I x, I y) { return greater_of(x, y); });
    case BinaryOp::minimum:
      return v.run<I, I>([](I x, I y) { return lesser_of(x, y); });
    case BinaryOp::fmod:
      return v.run<I, I>(remainder);
    case BinaryOp::floor_divide:
      return v.run<I, I>([](I x, I y) { return floor_divide(x, y); });
    default:
      return v.run<I, I>(power);
  }
}

template <typename T>
void compare(BinaryOp op, const Operands& v) {
  switch (op) {
    case BinaryOp::eq:
      return v.run<bool, T>([](T x, T y) { return x == y; });
    case BinaryOp::ne:
      return v.run<bool, T>([](T x, T y) { return x != y; });
    case BinaryOp::lt:
      return v.run<bool, T>([](T x, T y) { return x < y; });
    case BinaryOp::le:
      return v.run<bool, T>([](T x, T y) { return x <= y; });
    case BinaryOp::gt:
      return v.run<bool, T>([](T x, T y) { return x > y; });
    default:
      return v.run<bool, T>([](T x, T y) { return x >= y; });
  }
}

void arithmetic(BinaryOp op, const Operands& v) {
  check_same_dtype("arithmetic", v.out, v.a);
  if (v.a.dtype == DType::f32) return arithmetic_f32(op, v);
  if (v.a.dtype == DType::i64) return arithmetic_i64(op, v);
  unsupported_dtype("arithmetic", v.a.dtype);
}

void comparison(BinaryOp op, const Operands& v) {
  if (v.out.dtype != DType::boolean) unsupported_dtype("the output of a comparison", v.out.dtype);
  switch (v.a.dtype) {
    case DType::f32:
      return compare<float>(op, v);
    case DType::i64:
      return compare<int64_t>(op, v);
    case DType::boolean:
      return compare<bool>(op, v);
    default:
      unsupported_dtype("a comparison", v.a.dtype);
  }
}

void logical(BinaryOp op, const Operands& v) {
  if (v.a.dtype != DType::boolean || v.out.dtype != DType::boolean) unsupported_dtype("a logical operator", v.a.dtype);
  if (op == BinaryOp::logical_and) return v.run<bool, bool>([](bool x, bool y) { return x && y; });
  v.run<bool, bool>([](bool x, bool y) { return x || y; });
}

}  // namespace

void binary(const Context& ctx, BinaryOp op, const View& out, const View& a, const View& b) {
  report_views(ctx, "binary", {&out, &a, &b});
  check_same_dtype("a binary operator", a, b);
  const Operands v{ctx, out, a, b};
  if (op <= BinaryOp::floor_divide) return arithmetic(op, v);
  if (op <= BinaryOp::ge) return comparison(op, v);
  logical(op, v);
}

}  // namespace octavo
