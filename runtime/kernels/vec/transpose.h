// to[i * 16 + j] = rows[j][column + i] for eight columns i of eight rows j, in 256-bit registers. Included only by files
// compiled for AVX2 or more.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace octavo {
namespace {

// 8 x 8: the two 128-bit halves of a register come from rows four apart, then pairs and fours change places.
template <typename T>
inline void transpose_eight_by_eight(const T* const* rows, int64_t column, T* to) {
  static_assert(sizeof(T) == 4);
  const auto load = [](const T* p) { return _mm_castsi128_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))); };
  const auto store = [](T* p, __m256 v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm256_castps_si256(v)); };
  const auto halves = [&](int row, int64_t at) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(load(rows[row] + at)), load(rows[row + 4] + at), 1);
  };
  for (int64_t half = 0; half < 2; ++half) {
    const int64_t at = column + half * 4;
    const __m256 r0 = halves(0, at), r1 = halves(1, at), r2 = halves(2, at), r3 = halves(3, at);
    const __m256 low01 = _mm256_unpacklo_ps(r0, r1), high01 = _mm256_unpackhi_ps(r0, r1);
    const __m256 low23 = _mm256_unpacklo_ps(r2, r3), high23 = _mm256_unpackhi_ps(r2, r3);
    T* const y = to + half * 64;
    store(y, _mm256_shuffle_ps(low01, low23, 0x44));
    store(y + 16, _mm256_shuffle_ps(low01, low23, 0xee));
    store(y + 32, _mm256_shuffle_ps(high01, high23, 0x44));
    store(y + 48, _mm256_shuffle_ps(high01, high23, 0xee));
  }
}

}  // namespace
}  // namespace octavo
