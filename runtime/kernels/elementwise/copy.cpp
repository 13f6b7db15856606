// copy, where, fill, arange.
#include <cmath>
#include <limits>
#include <type_traits>

#include "runtime/kernels/elementwise/elementwise.h"
#include "runtime/kernels/elementwise/loops.h"

namespace octavo {
namespace {

// A cast that is defined for every value: a float beyond the range of an integer saturates, NaN is 0.
template <typename To, typename From>
To convert(From x) {
  if constexpr (std::is_same_v<To, bool>) {
    return x != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if (x != x) return 0;
    // The lowest value is a power of two, so exact as a float; the first value too large is its negative (or 256).
    constexpr double kLow = static_cast<double>(std::numeric_limits<To>::min());
    constexpr double kTooLarge = std::is_signed_v<To> ? -kLow : 256.0;
    if (static_cast<double>(x) >= kTooLarge) return std::numeric_limits<To>::max();
    if (static_cast<double>(x) <= kLow) return std::numeric_limits<To>::min();
    return static_cast<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

// Calls f with a value of the C++ type of t.
template <typename F>
void with_type(DType t, F f) {
  switch (t) {
    case DType::f32:
      return f(float{});
    case DType::i64:
      return f(int64_t{});
    case DType::i32:
      return f(int32_t{});
    case DType::boolean:
      return f(bool{});
    case DType::u8:
      return f(uint8_t{});
    case DType::s8:
      return f(int8_t{});
  }
}

}  // namespace

void copy(const Context& ctx, const View& out, const View& in) {
  report_views(ctx, "copy", {&out, &in});
  with_type(out.dtype, [&]<typename To>(To) {
    with_type(in.dtype, [&]<typename From>(From) { map_views<To, From>(ctx, out, in, convert<To, From>); });
  });
}

void where(const Context& ctx, const View& out, const View& c, const View& a, const View& b) {
  report_views(ctx, "where", {&out, &c, &a, &b});
  if (c.dtype != DType::boolean) unsupported_dtype("the condition of where", c.dtype);
  check_same_dtype("where", a, b);
  check_same_dtype("where", out, a);
  const Loop<4> loop({out, broadcast_to(c, out), broadcast_to(a, out), broadcast_to(b, out)});
  with_type(out.dtype, [&]<typename T>(T) {
    for_each_run<4>(ctx, loop, [&](const std::array<int64_t, 4>& at, int64_t n) {
      T* y = out.as<T>() + at[0];
      const bool* choose = c.as<bool>() + at[1];
      const T* yes = a.as<T>() + at[2];
      const T* no = b.as<T>() + at[3];
      for (int64_t i = 0; i < n; ++i)
        y[i * loop.step(0)] = choose[i * loop.step(1)] ? yes[i * loop.step(2)] : no[i * loop.step(3)];
    });
  });
}

void fill(const Context& ctx, const View& out, double value) {
  report_views(ctx, "fill", {&out});
  with_type(out.dtype, [&]<typename T>(T) {
    const T x = convert<T>(value);
    map_views<T, T>(ctx, out, scalar_view(&x), [](T v) { return v; });
  });
}

void arange(const Context& ctx, const View& out, double start, double step) {
  report_views(ctx, "arange", {&out});
  if (out.rank < 1) throw Error(Status::invalid_argument, "arange needs at least one dim");
  if (out.dtype != DType::f32 && out.dtype != DType::i64) unsupported_dtype("arange", out.dtype);
  const int64_t inner = out.shape[out.rank - 1];
  const Loop<1> loop({out});
  // Runs may span merged dims, so the place in the last dim is the flat index modulo its size.
  int64_t flat = 0;
  loop.range(0, loop.count(), [&](const std::array<int64_t, 1>& at, int64_t n) {
    for (int64_t i = 0; i < n; ++i, ++flat) {
      const double value = std::fma(static_cast<double>(flat % inner), step, start);
      if (out.dtype == DType::f32) {
        out.as<float>()[at[0] + i * loop.step(0)] = static_cast<float>(value);
      } else {
        out.as<int64_t>()[at[0] + i * loop.step(0)] = static_cast<int64_t>(value);
      }
    }
  });
}

}  // namespace octavo
