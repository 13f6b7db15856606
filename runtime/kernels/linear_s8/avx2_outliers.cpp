// The entries of outlier lists, sixteen rows at a time: two entries of a column meet in one vpmaddwd, so a row's share of an
// entry is a third of an instruction. Exact: u8 by s8 in int32.
//
// Entries name any k, so their activations must lie k by k; a group of rows is transposed once for all panels.
#include <immintrin.h>

#include <cstring>

#include "runtime/kernels/linear_s8/outliers.h"
#include "runtime/kernels/tables.h"
#include "runtime/kernels/vec/transpose.h"
#include "runtime/tensor.h"

namespace octavo::avx2 {
namespace {

constexpr int64_t kRows = 16;

// Rows and bytes change places when the 8 bits of (row, byte) have turned by 4; each round of unpacking turns them by 1.
void transpose_block(__m128i (&rows)[16]) {
  for (int round = 0; round < 4; ++round) {
    __m128i next[16];
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      next[2 * i] = _mm_unpacklo_epi8(rows[i], rows[i + 8]);
      next[2 * i + 1] = _mm_unpackhi_epi8(rows[i], rows[i + 8]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) rows[i] = next[i];
  }
}

__m128i activations(const uint8_t* transposed, uint32_t entry) {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(transposed + (entry & kOutliersK) * kRows));
}

// The deltas of two entries as int16 side by side: byte 3 of each goes to the high byte, then down with its sign.
__m256i deltas(__m256i entries) {
  return _mm256_srai_epi16(_mm256_shuffle_epi8(entries, _mm256_set1_epi64x(0x0780038007800380)), 8);
}

// sums[0 .. 7] of a column, or sums[0 .. 15].
template <bool kAll>
void sum_column(const uint8_t* transposed, const uint32_t* entry, const uint32_t* end, int32_t offset, int32_t* sums) {
  __m256i low = _mm256_set1_epi32(offset), high = low;
  const auto add = [&](__m128i a, __m128i b, __m256i d) {
    low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_cvtepu8_epi16(_mm_unpacklo_epi8(a, b)), d));
    if constexpr (kAll)
      high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_cvtepu8_epi16(_mm_unpackhi_epi8(a, b)), d));
  };
  for (; entry + 2 <= end; entry += 2) {
    int64_t both;
    std::memcpy(&both, entry, sizeof both);
    add(activations(transposed, entry[0]), activations(transposed, entry[1]), deltas(_mm256_set1_epi64x(both)));
  }
  if (entry < end) add(activations(transposed, *entry), _mm_setzero_si128(), deltas(_mm256_set1_epi64x(*entry)));
  _mm256_store_si256(reinterpret_cast<__m256i*>(sums), low);
  if constexpr (kAll) _mm256_store_si256(reinterpret_cast<__m256i*>(sums + 8), high);
}

template <bool kAll>
void sum_panels(const OutliersS8Block& b) {
  const uint32_t* starts = b.w->outliers;
  const uint32_t* entries = starts + round_up(b.w->n, 16) + 1;
  alignas(32) int32_t sums[16][kRows];
  const float* columns[16];
  for (int c = 0; c < 16; ++c) columns[c] = reinterpret_cast<const float*>(sums[c]);  // only moved
  for (int64_t panel = b.panel_begin; panel < b.panel_end; ++panel) {
    for (int64_t c = 0; c < 16; ++c) {
      const int64_t column = panel * 16 + c;
      sum_column<kAll>(b.transposed, entries + starts[column], entries + starts[column + 1], b.w->offset[column],
                       sums[c]);
    }
    auto* start = reinterpret_cast<float*>(b.start + (panel - b.panel_begin) * b.start_panel);
    for (int64_t r = 0; r < (kAll ? kRows : 8); r += 8)
      for (int64_t c = 0; c < 16; c += 8) transpose_eight_by_eight(columns + c, r, start + r * 16 + c);
  }
}

}  // namespace

void transpose_s8_16(int64_t rows, int64_t k4, const uint8_t* q, uint8_t* to) {
  int64_t k = 0;
  for (; k + 16 <= k4; k += 16) {
    __m128i block[16];
    for (int64_t r = 0; r < kRows; ++r)
      block[r] = r < rows ? _mm_loadu_si128(reinterpret_cast<const __m128i*>(q + r * k4 + k)) : _mm_setzero_si128();
    transpose_block(block);
    for (int64_t i = 0; i < 16; ++i) _mm_store_si128(reinterpret_cast<__m128i*>(to + (k + i) * kRows), block[i]);
  }
  for (; k < k4; ++k)
    for (int64_t r = 0; r < kRows; ++r) to[k * kRows + r] = r < rows ? q[r * k4 + k] : uint8_t{0};
}

void outliers_s8_16x16(const OutliersS8Block& b) { b.rows > 8 ? sum_panels<true>(b) : sum_panels<false>(b); }

}  // namespace octavo::avx2
