// The sixteen lanes of vec/scalar.h in one 512-bit register (AVX-512 F, BW, DQ, VL). Included only by files compiled for
// it; the unnamed namespace keeps what they instantiate to themselves.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "runtime/kernels/vec/transpose.h"

namespace octavo::avx512vnni {
namespace {

struct Float {
  __m512 v;
};
struct Int {
  __m512i v;
};
struct Mask {
  __mmask16 v;
};

inline Float operator+(Float a, Float b) { return {_mm512_add_ps(a.v, b.v)}; }
inline Float operator-(Float a, Float b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline Float operator*(Float a, Float b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline Float operator/(Float a, Float b) { return {_mm512_div_ps(a.v, b.v)}; }
inline Mask operator<(Float a, Float b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }

struct Vec {
  using F = Float;
  using I = Int;
  using M = Mask;

  static F set1(float x) { return {_mm512_set1_ps(x)}; }
  static F load(const float* p) { return {_mm512_loadu_ps(p)}; }
  static F load_n(const float* p, int64_t n, float rest) {
    return {_mm512_mask_loadu_ps(_mm512_set1_ps(rest), first_lanes(n), p)};
  }
  static void store(float* p, F a) { _mm512_storeu_ps(p, a.v); }
  static void store_n(float* p, F a, int64_t n) { _mm512_mask_storeu_ps(p, first_lanes(n), a.v); }
  static F fma(F a, F b, F c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
  static F sqrt(F a) { return {_mm512_sqrt_ps(a.v)}; }
  static F min(F a, F b) { return {_mm512_min_ps(a.v, b.v)}; }
  static F max(F a, F b) { return {_mm512_max_ps(a.v, b.v)}; }
  static F select(M m, F yes, F no) { return {_mm512_mask_blend_ps(m.v, no.v, yes.v)}; }
  static M is_nan(F a) { return {_mm512_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q)}; }
  static F first_n(F a, int64_t n) { return {_mm512_maskz_mov_ps(first_lanes(n), a.v)}; }
  static F abs(F a) { return {_mm512_castsi512_ps(_mm512_andnot_epi32(sign_bit(), _mm512_castps_si512(a.v)))}; }
  static F minus_abs(F a) { return {_mm512_castsi512_ps(_mm512_or_epi32(sign_bit(), _mm512_castps_si512(a.v)))}; }
  static F copysign(F magnitude, F sign) {
    return {_mm512_castsi512_ps(_mm512_or_epi32(_mm512_andnot_epi32(sign_bit(), _mm512_castps_si512(magnitude.v)),
                                                _mm512_and_epi32(sign_bit(), _mm512_castps_si512(sign.v))))};
  }
  static I round(F a) { return {_mm512_cvtps_epi32(a.v)}; }
  static F to_float(I a) { return {_mm512_cvtepi32_ps(a.v)}; }
  static I load(const int32_t* p) { return {_mm512_loadu_si512(p)}; }
  static void store(int32_t* p, I a) { _mm512_storeu_si512(p, a.v); }
  static I broadcast(int32_t x) { return {_mm512_set1_epi32(x)}; }
  static I pair(I low, I high) { return {_mm512_mask_blend_epi16(0xaaaaaaaa, low.v, _mm512_slli_epi32(high.v, 16))}; }
  static I dot_pairs(I sum, I a, I b) { return {_mm512_add_epi32(sum.v, _mm512_madd_epi16(a.v, b.v))}; }
  static F low_bits_as_exponent(F a) { return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(a.v), 23))}; }
  static I zero_bits() { return {_mm512_setzero_si512()}; }
  static I max_abs_bits(I seen, F a) { return {_mm512_max_epi32(seen.v, _mm512_castps_si512(abs(a).v))}; }
  static int32_t max_lane(I a) {
    const __m256i m8 = _mm256_max_epi32(_mm512_castsi512_si256(a.v), _mm512_extracti64x4_epi64(a.v, 1));
    __m128i m = _mm_max_epi32(_mm256_castsi256_si128(m8), _mm256_extracti128_si256(m8, 1));
    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0x4e));
    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0xb1));
    return _mm_cvtsi128_si32(m);
  }
  static void store_u8(uint8_t* p, I a, int32_t zero_point) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), to_u8(a, zero_point));
  }
  static void store_u8_n(uint8_t* p, I a, int64_t n, int32_t zero_point) {
    _mm_mask_storeu_epi8(p, first_lanes(n), to_u8(a, zero_point));
  }
  static F load_s8(const int8_t* p) { return from_s8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))); }
  static F load_s8_n(const int8_t* p, int64_t n) { return from_s8(_mm_maskz_loadu_epi8(first_lanes(n), p)); }
  template <typename T>
  static void transpose_eight(const T* const* rows, int64_t column, T* to) {
    transpose_eight_by_eight(rows, column, to);
    transpose_eight_by_eight(rows + 8, column, to + 8);
  }
  static float sum(F a) {
    const __m256 s8 = _mm256_add_ps(_mm512_castps512_ps256(a.v), high_half(a));
    const __m128 s4 = _mm_add_ps(_mm256_castps256_ps128(s8), _mm256_extractf128_ps(s8, 1));
    const __m128 s2 = _mm_add_ps(s4, _mm_movehl_ps(s4, s4));
    return _mm_cvtss_f32(_mm_add_ss(s2, _mm_shuffle_ps(s2, s2, 1)));
  }
  static float max(F a) {
    const __m256 m8 = _mm256_max_ps(_mm512_castps512_ps256(a.v), high_half(a));
    __m128 m = _mm_max_ps(_mm256_castps256_ps128(m8), _mm256_extractf128_ps(m8, 1));
    m = _mm_max_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_max_ss(m, _mm_shuffle_ps(m, m, 1)));
  }

 private:
  static __mmask16 first_lanes(int64_t n) { return static_cast<__mmask16>(n >= 16 ? 0xffffu : (1u << n) - 1u); }
  static __m256 high_half(F a) { return _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(a.v), 1)); }
  static __m512i sign_bit() { return _mm512_set1_epi32(INT32_MIN); }
  static __m128i to_u8(I a, int32_t zero_point) {
    return _mm512_cvtepi32_epi8(_mm512_add_epi32(a.v, _mm512_set1_epi32(zero_point)));
  }
  static F from_s8(__m128i a) { return {_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(a))}; }
};

}  // namespace
}  // namespace octavo::avx512vnni
