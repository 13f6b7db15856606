// N vectors computed side by side: the polynomials of math.h are chains of dependent operations, and a core that has
// several of them in hand does not wait for one. Each lane sees the same operations as alone, so the bits are the same.
#pragma once

#include <cstdint>

namespace octavo {

template <typename V, int N>
struct Many {
  struct M {
    typename V::M v[N];
  };
  struct F {
    typename V::F v[N];

    friend F operator+(const F& a, const F& b) {
      return each<F>([&](int i) { return a.v[i] + b.v[i]; });
    }
    friend F operator-(const F& a, const F& b) {
      return each<F>([&](int i) { return a.v[i] - b.v[i]; });
    }
    friend F operator*(const F& a, const F& b) {
      return each<F>([&](int i) { return a.v[i] * b.v[i]; });
    }
    friend F operator/(const F& a, const F& b) {
      return each<F>([&](int i) { return a.v[i] / b.v[i]; });
    }
    friend M operator<(const F& a, const F& b) {
      return each<M>([&](int i) { return a.v[i] < b.v[i]; });
    }
  };
  struct I {
    typename V::I v[N];
  };

  template <typename Result, typename Each>
  static Result each(Each f) {
    Result r;
#pragma GCC unroll 8
    for (int i = 0; i < N; ++i) r.v[i] = f(i);
    return r;
  }

  static F set1(float x) {
    return each<F>([&](int) { return V::set1(x); });
  }
  static F fma(const F& a, const F& b, const F& c) {
    return each<F>([&](int i) { return V::fma(a.v[i], b.v[i], c.v[i]); });
  }
  static F min(const F& a, const F& b) {
    return each<F>([&](int i) { return V::min(a.v[i], b.v[i]); });
  }
  static F max(const F& a, const F& b) {
    return each<F>([&](int i) { return V::max(a.v[i], b.v[i]); });
  }
  static F select(const M& m, const F& yes, const F& no) {
    return each<F>([&](int i) { return V::select(m.v[i], yes.v[i], no.v[i]); });
  }
  static M is_nan(const F& a) {
    return each<M>([&](int i) { return V::is_nan(a.v[i]); });
  }
  static F abs(const F& a) {
    return each<F>([&](int i) { return V::abs(a.v[i]); });
  }
  static F copysign(const F& magnitude, const F& sign) {
    return each<F>([&](int i) { return V::copysign(magnitude.v[i], sign.v[i]); });
  }
  static F minus_abs(const F& a) {
    return each<F>([&](int i) { return V::minus_abs(a.v[i]); });
  }
  static F low_bits_as_exponent(const F& a) {
    return each<F>([&](int i) { return V::low_bits_as_exponent(a.v[i]); });
  }
};

}  // namespace octavo
