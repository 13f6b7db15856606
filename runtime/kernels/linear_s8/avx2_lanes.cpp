// u8 by s8 in pairs into int16 (vpmaddubsw), for weights whose lanes are bounded (lane_bound.h), so that nothing
// saturates. pairs: widened to int32 after each multiply (vpmaddwd by ones), 3 instructions for 32 MAC. fours: two
// multiplies are added in int16 first, 5 instructions for 64 MAC.
//
// A tile is 4 rows x 16 columns: 8 accumulators, 4 registers of weights and the operands fill the 16 registers.
#include <immintrin.h>

#include <cstring>

#include "runtime/kernels/linear_s8/impl.h"
#include "runtime/kernels/tables.h"
#include "runtime/kernels/vec/avx2.h"
#include "runtime/tensor.h"

namespace octavo::avx2 {
namespace {

constexpr int kRows = 4;
// Rows of activations that stay in the second-level cache while the panels pass, whoever shares it.
constexpr int64_t kBlockBytes = 128 * 1024;

__m256i broadcast_four(const uint8_t* q) {
  int32_t four;
  std::memcpy(&four, q, 4);
  return _mm256_set1_epi32(four);
}

__m256i load(const int8_t* w) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w)); }

void prefetch(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }

// acc[r] += 4 k of 16 columns, widened at once.
template <int R>
void step_four(const uint8_t* q, int64_t ldq, const int8_t* w, __m256i (&acc)[R][2]) {
  const __m256i ones = _mm256_set1_epi16(1);
  const __m256i w0 = load(w), w1 = load(w + 32);
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) {
    const __m256i a = broadcast_four(q + r * ldq);
    acc[r][0] = _mm256_add_epi32(acc[r][0], _mm256_madd_epi16(_mm256_maddubs_epi16(a, w0), ones));
    acc[r][1] = _mm256_add_epi32(acc[r][1], _mm256_madd_epi16(_mm256_maddubs_epi16(a, w1), ones));
  }
}

// acc[r] += 8 k of 16 columns, two products added before they are widened.
template <int R>
void step_eight(const uint8_t* q, int64_t ldq, const int8_t* w, __m256i (&acc)[R][2]) {
  const __m256i ones = _mm256_set1_epi16(1);
  const __m256i w00 = load(w), w01 = load(w + 32), w10 = load(w + 64), w11 = load(w + 96);
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) {
    const __m256i a0 = broadcast_four(q + r * ldq), a1 = broadcast_four(q + r * ldq + 4);
    const __m256i low = _mm256_add_epi16(_mm256_maddubs_epi16(a0, w00), _mm256_maddubs_epi16(a1, w10));
    const __m256i high = _mm256_add_epi16(_mm256_maddubs_epi16(a0, w01), _mm256_maddubs_epi16(a1, w11));
    acc[r][0] = _mm256_add_epi32(acc[r][0], _mm256_madd_epi16(low, ones));
    acc[r][1] = _mm256_add_epi32(acc[r][1], _mm256_madd_epi16(high, ones));
  }
}

struct Panel {
  const int8_t* w;
  Start start;
  Epilogue<Vec> finish;
};

// The tile's outputs are on their way from memory while it is computed; so is `ahead`, 64 bytes of weights every 8 k.
template <LaneBound kBound, int R>
void tile(const LinearS8Block& b, int64_t k4, const Panel& panel, const int8_t* ahead, int64_t row) {
  const uint8_t* q = b.q + row * k4;
  const int8_t* w = panel.w;
  __m256i acc[R][2];
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) {
    const Int first = Vec::load(panel.start(row + r));
    acc[r][0] = first.lo;
    acc[r][1] = first.hi;
    prefetch(panel.finish.to(row + r));
  }
  int64_t k = 0;
  for (; k + 8 <= k4; k += 8) {
    if constexpr (kBound == LaneBound::fours) {
      step_eight<R>(q + k, k4, w + k * 16, acc);
    } else {
      step_four<R>(q + k, k4, w + k * 16, acc);
      step_four<R>(q + k + 4, k4, w + k * 16 + 64, acc);
    }
    prefetch(ahead + k * 8);
  }
  if (k < k4) step_four<R>(q + k, k4, w + k * 16, acc);
  using Rows = Many<Vec, R>;
  const auto sums = Rows::template each<typename Rows::I>([&](int r) { return Int{acc[r][0], acc[r][1]}; });
  panel.finish.template tile<R>(sums, row);
}

// The first two passes over a panel fetch a half each of `next`, the panel after it: the hardware's prefetchers stop at
// the end of a page, and while a panel is used again nothing would be read. A lone pass (up to kRows rows) waits for memory
// anyway, and there the hardware does better.
template <LaneBound kBound>
void rows_of_panel(const LinearS8Block& b, int64_t k4, int64_t begin, int64_t end, int64_t index, const int8_t* next) {
  const Panel panel{b.w->panels + index * 16 * k4, {b, index}, {b, index}};
  const int8_t* ahead = end - begin > kRows ? next : panel.w;
  int64_t r = begin;
  for (; r + kRows <= end; r += kRows) {
    tile<kBound, kRows>(b, k4, panel, ahead, r);
    ahead = r == begin && end - begin > kRows ? next + k4 / 8 * 64 : panel.w;
  }
  switch (end - r) {
    case 3:
      return tile<kBound, 3>(b, k4, panel, ahead, r);
    case 2:
      return tile<kBound, 2>(b, k4, panel, ahead, r);
    case 1:
      return tile<kBound, 1>(b, k4, panel, ahead, r);
    default:
      return;
  }
}

template <LaneBound kBound>
void blocks_of_rows(const LinearS8Block& b) {
  const int64_t k4 = round_up(b.w->k, 4);
  const int64_t fit = k4 > 0 ? kBlockBytes / k4 / kRows * kRows : b.rows;
  const int64_t block = fit > kRows ? fit : kRows;
  const int64_t panels = round_up(b.w->n, 16) / 16;
  for (int64_t begin = 0; begin < b.rows; begin += block) {
    const int64_t end = b.rows - begin < block ? b.rows : begin + block;
    for (int64_t panel = b.panel_begin; panel < b.panel_end; ++panel) {
      const int64_t next = panel + 1 < panels ? panel + 1 : panel;  // this thread's own, or it is here for another
      rows_of_panel<kBound>(b, k4, begin, end, panel, b.w->panels + next * 16 * k4);
    }
  }
}

}  // namespace

void linear_s8_pairs_4x16(const LinearS8Block& b) { blocks_of_rows<LaneBound::pairs>(b); }
void linear_s8_fours_4x16(const LinearS8Block& b) { blocks_of_rows<LaneBound::fours>(b); }

}  // namespace octavo::avx2
