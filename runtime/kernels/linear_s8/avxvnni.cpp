// vpdpbusd on 256 bits: four u8 by s8 products added to an int32 in one instruction, with no int16 on the way, so it is
// exact for all weights.
//
// A tile is 6 rows x 16 columns: 12 accumulators, 2 registers of weights and one of activations fill 15 of the 16. Latency 5
// on two ports wants at least 10 chains.
#include <immintrin.h>

#include <cstring>

#include "runtime/kernels/linear_s8/impl.h"
#include "runtime/kernels/linear_s8/tiles.h"
#include "runtime/kernels/tables.h"
#include "runtime/kernels/vec/avx2.h"

namespace octavo::avxvnni {
namespace {

using avx2::Int;
using avx2::Vec;

constexpr int kRows = 6;

__m256i broadcast_four(const uint8_t* q) {
  int32_t four;
  std::memcpy(&four, q, 4);
  return _mm256_set1_epi32(four);
}

template <int R>
void tile(const LinearS8Block& b, int64_t row, int64_t panel) {
  const int64_t k4 = round_up(b.w->k, 4);
  const uint8_t* q = b.q + row * k4;
  const int8_t* w = b.w->panels + panel * 16 * k4;
  const Start start(b, panel);
  __m256i acc[R][2];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
    const Int first = Vec::load(start(row + r));
    acc[r][0] = first.lo;
    acc[r][1] = first.hi;
  }
  for (int64_t k = 0; k < k4; k += 4, w += 64) {
    const __m256i w0 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w));
    const __m256i w1 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w + 32));
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const __m256i four = broadcast_four(q + r * k4 + k);
      acc[r][0] = _mm256_dpbusd_avx_epi32(acc[r][0], four, w0);
      acc[r][1] = _mm256_dpbusd_avx_epi32(acc[r][1], four, w1);
    }
  }
  // Through memory, so that the epilogue is there once and not once a row.
  Int done[R];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) done[r] = {acc[r][0], acc[r][1]};
  const Epilogue<Vec> finish(b, panel);
#pragma GCC unroll 1
  for (int r = 0; r < R; ++r) finish(done[r], row + r);
}

}  // namespace

void linear_s8_dot4_6x16(const LinearS8Block& b) {
  for_each_row_group(b, kRows, [&](int64_t begin, int64_t end) {
    for (int64_t panel = b.panel_begin; panel < b.panel_end; ++panel)
      tiles_down<kRows>(begin, end, [&]<int R>(int64_t row) { tile<R>(b, row, panel); });
  });
}

}  // namespace octavo::avxvnni
