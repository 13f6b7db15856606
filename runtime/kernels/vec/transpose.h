// to[i * 16 + j] = rows[j][column + i] for eight columns i of eight rows j, in 256-bit registers. Included only by files
// compiled for AVX2 or more.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace octavo {
namespace {

// 8 x 8: the two 128-bit halves of a register come from rows four apart, then pairs and fours change places.
inline void transpose_eight_by_eight(const float* const* rows, int64_t column, float* to) {
  const auto halves = [&](int row, int64_t at) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(rows[row] + at)), _mm_loadu_ps(rows[row + 4] + at),
                                1);
  };
  for (int64_t half = 0; half < 2; ++half) {
    const int64_t at = column + half * 4;
    const __m256 r0 = halves(0, at), r1 = halves(1, at), r2 = halves(2, at), r3 = halves(3, at);
    const __m256 low01 = _mm256_unpacklo_ps(r0, r1), high01 = _mm256_unpackhi_ps(r0, r1);
    const __m256 low23 = _mm256_unpacklo_ps(r2, r3), high23 = _mm256_unpackhi_ps(r2, r3);
    float* const y = to + half * 64;
    _mm256_storeu_ps(y, _mm256_shuffle_ps(low01, low23, 0x44));
    _mm256_storeu_ps(y + 16, _mm256_shuffle_ps(low01, low23, 0xee));
    _mm256_storeu_ps(y + 32, _mm256_shuffle_ps(high01, high23, 0x44));
    _mm256_storeu_ps(y + 48, _mm256_shuffle_ps(high01, high23, 0xee));
  }
}

}  // namespace
}  // namespace octavo
