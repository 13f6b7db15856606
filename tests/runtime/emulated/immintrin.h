// Stands before the compiler's own header when the kernels of AVX-VNNI and AVX-512 are compiled for a CPU with AVX2 only:
// SIMDe has the intrinsics as functions over smaller vectors. Below are those that the kernels use and SIMDe 0.7.4 lacks.
#pragma once

#include_next <immintrin.h>

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>

#include <cstdint>
#include <cstring>

namespace emulated {

inline __m256i low(__m512i a) { return _mm512_castsi512_si256(a); }
inline __m256i high(__m512i a) { return _mm512_extracti64x4_epi64(a, 1); }
inline __m512i join(__m256i low, __m256i high) { return simde_mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1); }

inline __m512i cvtps_epi32(__m512 a) {
  const __m512i bits = _mm512_castps_si512(a);
  return join(_mm256_cvtps_epi32(_mm256_castsi256_ps(low(bits))), _mm256_cvtps_epi32(_mm256_castsi256_ps(high(bits))));
}
inline __m512 cvtepi32_ps(__m512i a) {
  return _mm512_castsi512_ps(
      join(_mm256_castps_si256(_mm256_cvtepi32_ps(low(a))), _mm256_castps_si256(_mm256_cvtepi32_ps(high(a)))));
}
inline __m512i cvtepi8_epi32(__m128i a) {
  return join(_mm256_cvtepi8_epi32(a), _mm256_cvtepi8_epi32(_mm_srli_si128(a, 8)));
}
// The low byte of each, as vpmovdb does.
inline __m128i cvtepi32_epi8(__m512i a) {
  int32_t wide[16];
  int8_t narrow[16];
  _mm512_storeu_si512(wide, a);
  for (int i = 0; i < 16; ++i) narrow[i] = static_cast<int8_t>(wide[i]);
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(narrow));
}

// Masked lanes of memory are not touched.
template <typename Lane>
void load_lanes(const void* p, unsigned mask, Lane* lanes) {
  for (int i = 0; i < 16; ++i)
    if ((mask >> i & 1u) != 0) std::memcpy(lanes + i, static_cast<const Lane*>(p) + i, sizeof(Lane));
}
template <typename Lane>
void store_lanes(void* p, unsigned mask, const Lane* lanes) {
  for (int i = 0; i < 16; ++i)
    if ((mask >> i & 1u) != 0) std::memcpy(static_cast<Lane*>(p) + i, lanes + i, sizeof(Lane));
}
inline __m512 mask_loadu_ps(__m512 rest, __mmask16 mask, const void* p) {
  float lanes[16];
  _mm512_storeu_ps(lanes, rest);
  load_lanes(p, mask, lanes);
  return _mm512_loadu_ps(lanes);
}
inline void mask_storeu_ps(void* p, __mmask16 mask, __m512 a) {
  float lanes[16];
  _mm512_storeu_ps(lanes, a);
  store_lanes(p, mask, lanes);
}
inline __m128i maskz_loadu_epi8(__mmask16 mask, const void* p) {
  int8_t lanes[16] = {};
  load_lanes(p, mask, lanes);
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(lanes));
}
inline void mask_storeu_epi8(void* p, __mmask16 mask, __m128i a) {
  int8_t lanes[16];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(lanes), a);
  store_lanes(p, mask, lanes);
}

}  // namespace emulated

// SIMDe names its masked form so.
#undef _mm512_madd_epi16
#define _mm512_madd_epi16(a, b) simde_mm512_madd_epi16(a, b)
#define _mm512_cvtps_epi32 emulated::cvtps_epi32
#define _mm512_cvtepi32_ps emulated::cvtepi32_ps
#define _mm512_cvtepi8_epi32 emulated::cvtepi8_epi32
#define _mm512_cvtepi32_epi8 emulated::cvtepi32_epi8
#define _mm512_mask_loadu_ps emulated::mask_loadu_ps
#define _mm512_mask_storeu_ps emulated::mask_storeu_ps
#define _mm_maskz_loadu_epi8 emulated::maskz_loadu_epi8
#define _mm_mask_storeu_epi8 emulated::mask_storeu_epi8
#define _mm256_dpbusd_avx_epi32 simde_mm256_dpbusd_epi32
