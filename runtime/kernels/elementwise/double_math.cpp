#include "runtime/kernels/elementwise/double_math.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace octavo {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kLn2High = 0x1.62e42fee00000p-1;
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;

// The nearest integer, ties to even, for |x| < 2^51.
double nearest(double x) {
  constexpr double kMagic = 0x1.8p52;
  return (x + kMagic) - kMagic;
}

// x finite and positive and normal as a double: every positive float is. x = m 2^e with m in [sqrt(1/2), sqrt(2));
// log m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172.
double log_double(double x) {
  const auto bits = std::bit_cast<uint64_t>(x);
  int64_t e = static_cast<int64_t>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0xfffffffffffffu) | 0x3ff0000000000000u);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++e;
  }
  const double s = (m - 1.0) / (m + 1.0);
  const double z = s * s;
  double p = 0.0;
  for (int k = 21; k >= 1; k -= 2) p = std::fma(p, z, 1.0 / k);
  const auto n = static_cast<double>(e);
  return std::fma(n, kLn2High, std::fma(n, kLn2Low, 2.0 * s * p));
}

// e^x for |x| < 700, Taylor to degree 13 after x = n ln2 + r.
double exp_double(double x) {
  const double n = nearest(x * 1.4426950408889634);
  const double r = std::fma(-n, kLn2Low, std::fma(-n, kLn2High, x));
  double p = 1.0;
  for (int k = 13; k >= 1; --k) p = std::fma(p, r / k, 1.0);
  const auto exponent = static_cast<uint64_t>(static_cast<int64_t>(n) + 1023) << 52;
  return p * std::bit_cast<double>(exponent);
}

// x = n pi/2 + r with pi/2 in three parts; quadrant = n mod 4.
double reduce_to_quadrant(double x, int* quadrant) {
  const double n = nearest(x * 0.63661977236758134);
  double r = std::fma(-n, 0x1.921fb54442d18p+0, x);
  r = std::fma(-n, 0x1.1a62633145c07p-54, r);
  r = std::fma(-n, -0x1.f1976b7ed8fbcp-110, r);
  *quadrant = static_cast<int>(static_cast<int64_t>(n) & 3);
  return r;
}

double sin_series(double r) {
  const double z = r * r;
  double p = 1.0;
  for (int k = 21; k >= 3; k -= 2) p = std::fma(p, -z / ((k - 1) * k), 1.0);
  return r * p;
}

double cos_series(double r) {
  const double z = r * r;
  double p = 1.0;
  for (int k = 20; k >= 2; k -= 2) p = std::fma(p, -z / ((k - 1) * k), 1.0);
  return p;
}

// Quadrants 0..3 of sine; cosine is one quadrant ahead. Beyond 2^50 there is no digit left to reduce: n would not be exact.
double sin_of_quadrant(double x, int ahead) {
  if (!(x > -kInfinity && x < kInfinity)) return kNaN;
  if (x > 0x1p50 || x < -0x1p50) return ahead == 0 ? 0.0 : 1.0;
  int quadrant = 0;
  const double r = reduce_to_quadrant(x, &quadrant);
  quadrant = (quadrant + ahead) & 3;
  const double v = (quadrant & 1) != 0 ? cos_series(r) : sin_series(r);
  return quadrant >= 2 ? -v : v;
}

bool is_integer(float y) {
  const float a = y < 0 ? -y : y;
  return a >= 0x1p23f || (a + 0x1p23f) - 0x1p23f == a;
}

bool is_odd(float y) {
  const float a = y < 0 ? -y : y;
  return is_integer(y) && a < 0x1p24f && (static_cast<int64_t>(a) & 1) != 0;
}

// |x|^y for finite non-zero x.
double power_of_magnitude(double x, double y) {
  const double t = y * log_double(x);
  if (!(t < 200.0)) return kInfinity;
  if (!(t > -200.0)) return 0.0;
  return exp_double(t);
}

}  // namespace

float log_f32(float x) {
  if (x != x || x < 0) return static_cast<float>(kNaN);
  if (x == 0) return static_cast<float>(-kInfinity);
  if (x > std::numeric_limits<float>::max()) return x;
  return static_cast<float>(log_double(x));
}

float sin_f32(float x) { return x == 0 ? x : static_cast<float>(sin_of_quadrant(x, 0)); }
float cos_f32(float x) { return static_cast<float>(sin_of_quadrant(x, 1)); }

float pow_f32(float x, float y) {
  if (y == 0 || x == 1) return 1.0f;
  if (x != x || y != y) return x + y;
  if (y == 1) return x;
  if (y == 2) return x * x;
  if (y == 3) return x * x * x;
  const bool negative = std::bit_cast<int32_t>(x) < 0 && is_odd(y);
  const double a = x < 0 ? -double{x} : double{x};
  if (y - y != 0) {  // y is an infinity
    if (a == 1) return 1.0f;
    return (a > 1) == (y > 0) ? static_cast<float>(kInfinity) : 0.0f;
  }
  double r = 0;
  if (a == 0 || a == kInfinity) {
    r = (a == 0) == (y > 0) ? 0.0 : kInfinity;
  } else if (x < 0 && !is_integer(y)) {
    return static_cast<float>(kNaN);
  } else {
    r = power_of_magnitude(a, y);
  }
  return static_cast<float>(negative ? -r : r);
}

}  // namespace octavo
