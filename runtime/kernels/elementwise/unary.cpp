#include <bit>

#include "runtime/kernels/elementwise/double_math.h"
#include "runtime/kernels/elementwise/elementwise.h"
#include "runtime/kernels/elementwise/loops.h"

namespace octavo {
namespace {

// The vectorised ops need contiguous runs; others pass through a small buffer on the stack.
void unary_lanes(const Context& ctx, UnaryOp op, const View& out, const View& in) {
  const Loop<2> loop({out, in});
  const auto f = ctx.kernels.unary;
  for_each_run<2>(ctx, loop, [&](const std::array<int64_t, 2>& at, int64_t n) {
    float* y = out.as<float>() + at[0];
    const float* x = in.as<float>() + at[1];
    if (loop.step(0) == 1 && loop.step(1) == 1) return f(op, n, y, x);
    float buffer[256];
    for (int64_t begin = 0; begin < n; begin += 256) {
      const int64_t count = std::min<int64_t>(256, n - begin);
      for (int64_t i = 0; i < count; ++i) buffer[i] = x[(begin + i) * loop.step(1)];
      f(op, count, buffer, buffer);
      for (int64_t i = 0; i < count; ++i) y[(begin + i) * loop.step(0)] = buffer[i];
    }
  });
}

void logical_not(const Context& ctx, const View& out, const View& in) {
  if (out.dtype != DType::boolean) unsupported_dtype("the output of logical_not", out.dtype);
  const auto run = [&]<typename T>(T) { map_views<bool, T>(ctx, out, in, [](T x) { return !x; }); };
  switch (in.dtype) {
    case DType::f32:
      return run(float{});
    case DType::i64:
      return run(int64_t{});
    case DType::i32:
      return run(int32_t{});
    case DType::boolean:
      return run(bool{});
    case DType::u8:
      return run(uint8_t{});
    case DType::s8:
      return run(int8_t{});
  }
}

void unary_i64(const Context& ctx, UnaryOp op, const View& out, const View& in) {
  // Through uint64_t: the negative of the lowest value wraps to itself.
  const auto negate = [](int64_t x) { return static_cast<int64_t>(-static_cast<uint64_t>(x)); };
  if (op == UnaryOp::neg) return map_views<int64_t, int64_t>(ctx, out, in, negate);
  if (op == UnaryOp::abs)
    return map_views<int64_t, int64_t>(ctx, out, in, [&](int64_t x) { return x < 0 ? negate(x) : x; });
  unsupported_dtype("this function", in.dtype);
}

float flip_sign(float x) { return std::bit_cast<float>(std::bit_cast<uint32_t>(x) ^ 0x80000000u); }
float clear_sign(float x) { return std::bit_cast<float>(std::bit_cast<uint32_t>(x) & 0x7fffffffu); }

}  // namespace

void unary(const Context& ctx, UnaryOp op, const View& out, const View& operand) {
  report_views(ctx, "unary", {&out, &operand});
  const View in = broadcast_to(operand, out);
  if (op == UnaryOp::logical_not) return logical_not(ctx, out, in);
  check_same_dtype("a unary operator", out, in);
  if (in.dtype == DType::i64) return unary_i64(ctx, op, out, in);
  if (in.dtype != DType::f32) unsupported_dtype("this function", in.dtype);
  switch (op) {
    case UnaryOp::neg:
      return map_views<float, float>(ctx, out, in, flip_sign);
    case UnaryOp::abs:
      return map_views<float, float>(ctx, out, in, clear_sign);
    case UnaryOp::log:
      return map_views<float, float>(ctx, out, in, log_f32);
    case UnaryOp::sin:
      return map_views<float, float>(ctx, out, in, sin_f32);
    case UnaryOp::cos:
      return map_views<float, float>(ctx, out, in, cos_f32);
    default:
      return unary_lanes(ctx, op, out, in);
  }
}

}  // namespace octavo
