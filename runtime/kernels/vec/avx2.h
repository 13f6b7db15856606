// The sixteen lanes of vec/scalar.h in two 256-bit registers (AVX2 and FMA). Lane i < 8 is in `lo`.
// Included only by files compiled for AVX2 or more; the unnamed namespace keeps what they instantiate to themselves.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "runtime/kernels/vec/transpose.h"

namespace octavo::avx2 {
namespace {

struct Float {
  __m256 lo, hi;
};
struct Int {
  __m256i lo, hi;
};
struct Mask {
  __m256 lo, hi;
};

inline Float operator+(Float a, Float b) { return {_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)}; }
inline Float operator-(Float a, Float b) { return {_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)}; }
inline Float operator*(Float a, Float b) { return {_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)}; }
inline Float operator/(Float a, Float b) { return {_mm256_div_ps(a.lo, b.lo), _mm256_div_ps(a.hi, b.hi)}; }
inline Mask operator<(Float a, Float b) {
  return {_mm256_cmp_ps(a.lo, b.lo, _CMP_LT_OQ), _mm256_cmp_ps(a.hi, b.hi, _CMP_LT_OQ)};
}

struct Vec {
  using F = Float;
  using I = Int;
  using M = Mask;

  static F set1(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
  static F load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
  static F load_n(const float* p, int64_t n, float rest) {
    const I keep = first_lanes(n);
    const __m256 r = _mm256_set1_ps(rest);
    const F a = {_mm256_maskload_ps(p, keep.lo), _mm256_maskload_ps(p + 8, keep.hi)};
    return {_mm256_blendv_ps(r, a.lo, _mm256_castsi256_ps(keep.lo)),
            _mm256_blendv_ps(r, a.hi, _mm256_castsi256_ps(keep.hi))};
  }
  static void store(float* p, F a) {
    _mm256_storeu_ps(p, a.lo);
    _mm256_storeu_ps(p + 8, a.hi);
  }
  static void store_n(float* p, F a, int64_t n) {
    const I keep = first_lanes(n);
    _mm256_maskstore_ps(p, keep.lo, a.lo);
    _mm256_maskstore_ps(p + 8, keep.hi, a.hi);
  }
  static F fma(F a, F b, F c) { return {_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)}; }
  static F sqrt(F a) { return {_mm256_sqrt_ps(a.lo), _mm256_sqrt_ps(a.hi)}; }
  static F min(F a, F b) { return {_mm256_min_ps(a.lo, b.lo), _mm256_min_ps(a.hi, b.hi)}; }
  static F max(F a, F b) { return {_mm256_max_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi)}; }
  static F select(M m, F yes, F no) {
    return {_mm256_blendv_ps(no.lo, yes.lo, m.lo), _mm256_blendv_ps(no.hi, yes.hi, m.hi)};
  }
  static M is_nan(F a) { return {_mm256_cmp_ps(a.lo, a.lo, _CMP_UNORD_Q), _mm256_cmp_ps(a.hi, a.hi, _CMP_UNORD_Q)}; }
  static F first_n(F a, int64_t n) {
    const I keep = first_lanes(n);
    return {_mm256_and_ps(a.lo, _mm256_castsi256_ps(keep.lo)), _mm256_and_ps(a.hi, _mm256_castsi256_ps(keep.hi))};
  }
  static F abs(F a) {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    return {_mm256_andnot_ps(sign, a.lo), _mm256_andnot_ps(sign, a.hi)};
  }
  static F minus_abs(F a) {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    return {_mm256_or_ps(sign, a.lo), _mm256_or_ps(sign, a.hi)};
  }
  static F copysign(F magnitude, F sign) {
    const __m256 bit = _mm256_set1_ps(-0.0f);
    return {_mm256_or_ps(_mm256_andnot_ps(bit, magnitude.lo), _mm256_and_ps(bit, sign.lo)),
            _mm256_or_ps(_mm256_andnot_ps(bit, magnitude.hi), _mm256_and_ps(bit, sign.hi))};
  }
  static I round(F a) { return {_mm256_cvtps_epi32(a.lo), _mm256_cvtps_epi32(a.hi)}; }
  static F to_float(I a) { return {_mm256_cvtepi32_ps(a.lo), _mm256_cvtepi32_ps(a.hi)}; }
  static I load(const int32_t* p) {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)),
            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 8))};
  }
  static void store(int32_t* p, I a) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a.lo);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p + 8), a.hi);
  }
  static I broadcast(int32_t x) { return {_mm256_set1_epi32(x), _mm256_set1_epi32(x)}; }
  static I pair(I low, I high) {
    return {_mm256_blend_epi16(low.lo, _mm256_slli_epi32(high.lo, 16), 0xaa),
            _mm256_blend_epi16(low.hi, _mm256_slli_epi32(high.hi, 16), 0xaa)};
  }
  static I dot_pairs(I sum, I a, I b) {
    return {_mm256_add_epi32(sum.lo, _mm256_madd_epi16(a.lo, b.lo)),
            _mm256_add_epi32(sum.hi, _mm256_madd_epi16(a.hi, b.hi))};
  }
  static F low_bits_as_exponent(F a) { return {low_bits_as_exponent(a.lo), low_bits_as_exponent(a.hi)}; }
  static I zero_bits() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
  static I max_abs_bits(I seen, F a) {
    const F b = abs(a);
    return {_mm256_max_epi32(seen.lo, _mm256_castps_si256(b.lo)), _mm256_max_epi32(seen.hi, _mm256_castps_si256(b.hi))};
  }
  static int32_t max_lane(I a) {
    const __m256i m8 = _mm256_max_epi32(a.lo, a.hi);
    __m128i m = _mm_max_epi32(_mm256_castsi256_si128(m8), _mm256_extracti128_si256(m8, 1));
    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0x4e));
    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0xb1));
    return _mm_cvtsi128_si32(m);
  }
  static void store_u8(uint8_t* p, I a, int32_t zero_point) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), to_u8(a, zero_point));
  }
  static void store_u8_n(uint8_t* p, I a, int64_t n, int32_t zero_point) {
    alignas(16) uint8_t all[16];
    _mm_store_si128(reinterpret_cast<__m128i*>(all), to_u8(a, zero_point));
    for (int64_t i = 0; i < n && i < 16; ++i) p[i] = all[i];
  }
  static F load_s8(const int8_t* p) {
    const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return to_float(I{_mm256_cvtepi8_epi32(a), _mm256_cvtepi8_epi32(_mm_srli_si128(a, 8))});
  }
  static F load_s8_n(const int8_t* p, int64_t n) {
    alignas(16) int8_t all[16] = {};
    for (int64_t i = 0; i < n && i < 16; ++i) all[i] = p[i];
    return load_s8(all);
  }
  template <typename T>
  static void transpose_eight(const T* const* rows, int64_t column, T* to) {
    transpose_eight_by_eight(rows, column, to);
    transpose_eight_by_eight(rows + 8, column, to + 8);
  }
  static float sum(F a) {
    const __m256 s8 = _mm256_add_ps(a.lo, a.hi);
    const __m128 s4 = _mm_add_ps(_mm256_castps256_ps128(s8), _mm256_extractf128_ps(s8, 1));
    const __m128 s2 = _mm_add_ps(s4, _mm_movehl_ps(s4, s4));
    return _mm_cvtss_f32(_mm_add_ss(s2, _mm_shuffle_ps(s2, s2, 1)));
  }
  static float max(F a) {
    const __m256 m8 = _mm256_max_ps(a.lo, a.hi);
    __m128 m = _mm_max_ps(_mm256_castps256_ps128(m8), _mm256_extractf128_ps(m8, 1));
    m = _mm_max_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_max_ss(m, _mm_shuffle_ps(m, m, 1)));
  }

 private:
  static I first_lanes(int64_t n) {
    const __m256i count = _mm256_set1_epi32(static_cast<int>(n));
    return {_mm256_cmpgt_epi32(count, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)),
            _mm256_cmpgt_epi32(count, _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15))};
  }
  static __m256 low_bits_as_exponent(__m256 a) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(a), 23));
  }
  // Packing works within 128-bit halves; one 64-bit permute puts the halves in order.
  static __m128i to_u8(I a, int32_t zero_point) {
    __m256i w = _mm256_packs_epi32(a.lo, a.hi);
    w = _mm256_add_epi16(_mm256_permute4x64_epi64(w, 0xd8), _mm256_set1_epi16(static_cast<int16_t>(zero_point)));
    return _mm_packus_epi16(_mm256_castsi256_si128(w), _mm256_extracti128_si256(w, 1));
  }
};

}  // namespace
}  // namespace octavo::avx2
