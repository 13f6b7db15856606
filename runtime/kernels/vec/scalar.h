// Sixteen virtual lanes in plain C++: the definition of every float kernel. vec/avx2.h is the same lanes in two registers
// and must agree bit for bit, so each operation here is written the way the instruction behaves (min and max return their
// second operand when either is NaN). Only correctly rounded operations; fma is std::fma, which is.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace octavo::scalar {

struct Float {
  float v[16];
};
struct Int {
  int32_t v[16];
};
struct Mask {
  bool v[16];
};

template <typename Result, typename F>
inline Result each(F f) {
  Result r;
  for (int i = 0; i < 16; ++i) r.v[i] = f(i);
  return r;
}

inline Float operator+(const Float& a, const Float& b) {
  return each<Float>([&](int i) { return a.v[i] + b.v[i]; });
}
inline Float operator-(const Float& a, const Float& b) {
  return each<Float>([&](int i) { return a.v[i] - b.v[i]; });
}
inline Float operator*(const Float& a, const Float& b) {
  return each<Float>([&](int i) { return a.v[i] * b.v[i]; });
}
inline Float operator/(const Float& a, const Float& b) {
  return each<Float>([&](int i) { return a.v[i] / b.v[i]; });
}
inline Mask operator<(const Float& a, const Float& b) {
  return each<Mask>([&](int i) { return a.v[i] < b.v[i]; });
}

struct Vec {
  using F = Float;
  using I = Int;
  using M = Mask;

  static F set1(float x) {
    return each<F>([&](int) { return x; });
  }
  static F load(const float* p) {
    return each<F>([&](int i) { return p[i]; });
  }
  // The first n of 16 lanes; the others hold `rest`.
  static F load_n(const float* p, int64_t n, float rest) {
    return each<F>([&](int i) { return i < n ? p[i] : rest; });
  }
  static void store(float* p, const F& a) {
    for (int i = 0; i < 16; ++i) p[i] = a.v[i];
  }
  static void store_n(float* p, const F& a, int64_t n) {
    for (int64_t i = 0; i < n && i < 16; ++i) p[i] = a.v[i];
  }
  static F fma(const F& a, const F& b, const F& c) {
    return each<F>([&](int i) { return std::fma(a.v[i], b.v[i], c.v[i]); });
  }
  static F sqrt(const F& a) {
    return each<F>([&](int i) { return std::sqrt(a.v[i]); });
  }
  static F min(const F& a, const F& b) {
    return each<F>([&](int i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; });
  }
  static F max(const F& a, const F& b) {
    return each<F>([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
  }
  static F select(const M& m, const F& yes, const F& no) {
    return each<F>([&](int i) { return m.v[i] ? yes.v[i] : no.v[i]; });
  }
  static M is_nan(const F& a) {
    return each<M>([&](int i) { return a.v[i] != a.v[i]; });
  }
  // Lanes n and up become +0.
  static F first_n(const F& a, int64_t n) {
    return each<F>([&](int i) { return i < n ? a.v[i] : 0.0f; });
  }
  static F abs(const F& a) {
    return each<F>([&](int i) { return std::bit_cast<float>(bits(a.v[i]) & 0x7fffffffu); });
  }
  static F minus_abs(const F& a) {
    return each<F>([&](int i) { return std::bit_cast<float>(bits(a.v[i]) | 0x80000000u); });
  }
  static F copysign(const F& magnitude, const F& sign) {
    return each<F>([&](int i) {
      return std::bit_cast<float>((bits(magnitude.v[i]) & 0x7fffffffu) | (bits(sign.v[i]) & 0x80000000u));
    });
  }
  // To the nearest integer, ties to even, for |a| < 2^22: adding 1.5 * 2^23 leaves the integer in the low bits.
  static I round(const F& a) {
    return each<I>([&](int i) {
      constexpr float kMagic = 12582912.0f;
      return std::bit_cast<int32_t>(a.v[i] + kMagic) - std::bit_cast<int32_t>(kMagic);
    });
  }
  static F to_float(const I& a) {
    return each<F>([&](int i) { return static_cast<float>(a.v[i]); });
  }
  static I load(const int32_t* p) {
    return each<I>([&](int i) { return p[i]; });
  }
  static void store(int32_t* p, const I& a) {
    for (int i = 0; i < 16; ++i) p[i] = a.v[i];
  }
  static I broadcast(int32_t x) {
    return each<I>([&](int) { return x; });
  }
  // Two int16 in each lane: that of `low` and that of `high`.
  static I pair(const I& low, const I& high) {
    return each<I>([&](int i) {
      return static_cast<int32_t>((static_cast<uint32_t>(low.v[i]) & 0xffffu) | static_cast<uint32_t>(high.v[i]) << 16);
    });
  }
  // sum + low * low + high * high, of the pairs in each lane; the result must fit.
  static I dot_pairs(const I& sum, const I& a, const I& b) {
    const auto low = [](int32_t x) { return static_cast<int32_t>(static_cast<int16_t>(x)); };
    return each<I>([&](int i) { return sum.v[i] + low(a.v[i]) * low(b.v[i]) + (a.v[i] >> 16) * (b.v[i] >> 16); });
  }
  // The float whose sign and exponent are the lowest nine bits of a's pattern, and whose mantissa is 0.
  static F low_bits_as_exponent(const F& a) {
    return each<F>([&](int i) { return std::bit_cast<float>(bits(a.v[i]) << 23); });
  }
  static I zero_bits() {
    return each<I>([](int) { return 0; });
  }
  // max(seen, |a|) on the bit patterns: order-free, infinities above every number and NaN above those.
  static I max_abs_bits(const I& seen, const F& a) {
    return each<I>([&](int i) {
      const int32_t b = static_cast<int32_t>(bits(a.v[i]) & 0x7fffffffu);
      return seen.v[i] > b ? seen.v[i] : b;
    });
  }
  static int32_t max_lane(const I& a) {
    int32_t m = a.v[0];
    for (int i = 1; i < 16; ++i) m = a.v[i] > m ? a.v[i] : m;
    return m;
  }
  // u8 = zero_point + a, which must be within [0, 255].
  static void store_u8(uint8_t* p, const I& a, int32_t zero_point) { store_u8_n(p, a, 16, zero_point); }
  static void store_u8_n(uint8_t* p, const I& a, int64_t n, int32_t zero_point) {
    for (int64_t i = 0; i < n && i < 16; ++i) p[i] = static_cast<uint8_t>(a.v[i] + zero_point);
  }
  static F load_s8(const int8_t* p) {
    return each<F>([&](int i) { return static_cast<float>(p[i]); });
  }
  static F load_s8_n(const int8_t* p, int64_t n) {
    return each<F>([&](int i) { return i < n ? static_cast<float>(p[i]) : 0.0f; });
  }
  // to[i * 16 + j] = rows[j][column + i] for eight columns i of sixteen rows j.
  template <typename T>
  static void transpose_eight(const T* const* rows, int64_t column, T* to) {
    for (int i = 0; i < 8; ++i)
      for (int j = 0; j < 16; ++j) to[i * 16 + j] = rows[j][column + i];
  }
  // The tree every reduction ends in: lanes i and i+8, then i+4, i+2, i+1.
  static float sum(const F& a) {
    float v[8];
    for (int i = 0; i < 8; ++i) v[i] = a.v[i] + a.v[i + 8];
    for (int i = 0; i < 4; ++i) v[i] = v[i] + v[i + 4];
    return (v[0] + v[2]) + (v[1] + v[3]);
  }
  // The largest lane, by the same tree; no lane is NaN. Of -0 and +0 it may be either.
  static float max(const F& a) {
    float v[16];
    for (int i = 0; i < 16; ++i) v[i] = a.v[i];
    for (int half = 8; half > 0; half /= 2)
      for (int i = 0; i < half; ++i) v[i] = v[i] > v[i + half] ? v[i] : v[i + half];
    return v[0];
  }

 private:
  static uint32_t bits(float x) { return std::bit_cast<uint32_t>(x); }
};

}  // namespace octavo::scalar
