// exp, erf, tanh and the activations over sixteen lanes, written once for every instruction set: V is scalar::Vec or
// avx2::Vec. No libm, no reciprocal estimates. Bounds are measured in tests/runtime and stated in docs/numerics.md. vec/fit.py
// makes the coefficients of exp and gelu_erf.
#pragma once

#include "runtime/context.h"

namespace octavo {

template <typename V>
struct Math {
  using F = typename V::F;

  // x = n ln2 + r, |r| <= ln2/2; e^r = 1 + r (1 + r p(r)). n and the exponent of 2^(n-1) come out of one fma: adding
  // 1.5 * 2^23 leaves the rounded integer in the low bits, here 126 more than n. The clamps keep that within 0 (so +0
  // below -86.99) and 254; doubling last lets the result overflow where it should. Both clamps, the fma and the product
  // hand NaN on.
  static F exp(F x) {
    constexpr float kMagic = 12582912.0f + 126.0f;
    x = V::min(V::set1(89.0f), V::max(V::set1(-87.3f), x));
    const F shifted = V::fma(x, V::set1(1.44269504088896341f), V::set1(kMagic));
    const F n = shifted - V::set1(kMagic);
    F r = V::fma(n, V::set1(-0x1.62e430p-1f), x);
    r = V::fma(n, V::set1(0x1.05c610p-29f), r);
    F p = V::set1(0x1.6a244cp-10f);
    for (float c : {0x1.1239d4p-7f, 0x1.5558f2p-5f, 0x1.555492p-3f, 0x1.fffffcp-2f, 1.0f, 1.0f})
      p = V::fma(p, r, V::set1(c));
    const F half = p * V::low_bits_as_exponent(shifted);
    return half + half;
  }

  // x * p(t), t = x^2 * (2 / 3.875^2) - 1 in [-1, 1], so that Horner's rule stays well conditioned; +-1 beyond 3.875.
  // p is the least-maximum fit of degree 15.
  static F erf(F x) {
    const F t = V::fma(x * x, V::set1(0x1.10c854p-3f), V::set1(-1.0f));
    F p = V::set1(-0x1.4775b2p-11f);
    for (float c : {0x1.b7e810p-10f, -0x1.7a05f2p-10f, 0x1.072a02p-9f, -0x1.b114a2p-8f, 0x1.9efd40p-7f, -0x1.356fa0p-6f,
                    0x1.d32eeap-6f, -0x1.57e8f2p-5f, 0x1.d4eb60p-5f, -0x1.2d0d82p-4f, 0x1.73b144p-4f, -0x1.c26b04p-4f,
                    0x1.156758p-3f, -0x1.750b20p-3f, 0x1.75ad70p-2f})
      p = V::fma(p, t, V::set1(c));
    const F one = V::set1(1.0f);
    F y = V::min(one, V::max(V::set1(-1.0f), x * p));
    return V::select(V::set1(3.875f) < V::abs(x), V::copysign(one, x), y);
  }

  // |x| < 0.625: an odd polynomial. Else 1 - 2 / (e^2|x| + 1), with the sign of x.
  static F tanh(F x) {
    const F z = x * x;
    F p = V::set1(-5.70498872745e-3f);
    p = V::fma(p, z, V::set1(2.06390887954e-2f));
    p = V::fma(p, z, V::set1(-5.37397155531e-2f));
    p = V::fma(p, z, V::set1(1.33314422036e-1f));
    p = V::fma(p, z, V::set1(-3.33332819422e-1f));
    const F small = V::fma(p * z, x, x);
    const F a = V::abs(x);
    const F large = V::set1(1.0f) - V::set1(2.0f) / (exp(a + a) + V::set1(1.0f));
    return V::copysign(V::select(a < V::set1(0.625f), small, large), x);
  }

  static F sigmoid(F x) { return V::set1(1.0f) / (V::set1(1.0f) + exp(V::set1(0.0f) - x)); }
  static F silu(F x) { return x / (V::set1(1.0f) + exp(V::set1(0.0f) - x)); }
  // max gives its second operand when neither is greater: NaN stays NaN, -0 stays -0.
  static F relu(F x) { return V::max(V::set1(0.0f), x); }

  // max(0, x) - a Q(a), a = |x|, Q(a) = erfc(a / sqrt 2) / 2 = q(-a)^8: the eighth root falls off slowly, so a low degree
  // follows it. Beyond 6 the product stays what it is there, -4e-8.
  static F gelu_erf(F x) {
    const F a = V::max(V::set1(-6.0f), V::minus_abs(x));
    F q = V::set1(-0x1.c9b44ap-19f);
    for (float c : {-0x1.3dc08cp-15f, 0x1.e56e4ep-16f, 0x1.a41104p-10f, 0x1.8b844ap-11f, -0x1.0545e2p-5f,
                    0x1.76a1fep-4f, 0x1.d58192p-1f})
      q = V::fma(q, a, V::set1(c));
    q = q * q;
    q = q * q;
    return V::fma(a, q * q, relu(x));
  }
  // 0.5 x (1 + tanh u) = x / (1 + e^-2u), u = sqrt(2/pi) (x + 0.044715 x^3).
  static F gelu_tanh(F x) {
    const F u2 =
        x * V::fma(x * x, V::set1(-2.0f * 0.79788456080286536f * 0.044715f), V::set1(-2.0f * 0.79788456080286536f));
    return x / (V::set1(1.0f) + exp(u2));
  }

  static F activate(Activation a, F x) {
    switch (a) {
      case Activation::none:
        return x;
      case Activation::relu:
        return relu(x);
      case Activation::gelu_erf:
        return gelu_erf(x);
      case Activation::gelu_tanh:
        return gelu_tanh(x);
      case Activation::tanh:
        return tanh(x);
      case Activation::silu:
        return silu(x);
      case Activation::sigmoid:
        return sigmoid(x);
    }
    return x;
  }
};

}  // namespace octavo
