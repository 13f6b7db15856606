// vpdpbusd on 512 bits: four u8 by s8 products added to an int32 in one instruction, exact for all weights. Four k of the
// sixteen columns of a panel are one register.
//
// A tile is 6 rows x 3 panels: 18 accumulators, 3 registers of weights and one of activations, 22 of the 32; latency 5 on two
// ports wants at least 10 chains. What is left of the panels takes 6 rows x 2, or 12 x 1.
#include <immintrin.h>

#include <cstring>

#include "runtime/kernels/linear_s8/impl.h"
#include "runtime/kernels/linear_s8/tiles.h"
#include "runtime/kernels/tables.h"
#include "runtime/kernels/vec/avx512.h"

namespace octavo::avx512vnni {
namespace {

__m512i broadcast_four(const uint8_t* q) {
  int32_t four;
  std::memcpy(&four, q, 4);
  return _mm512_set1_epi32(four);
}

template <int R, int P>
void tile(const LinearS8Block& b, int64_t row, int64_t panel) {
  const int64_t k4 = round_up(b.w->k, 4);
  const uint8_t* q = b.q + row * k4;
  const int8_t* w = b.w->panels + panel * 16 * k4;
  __m512i acc[R][P];
#pragma GCC unroll 3
  for (int p = 0; p < P; ++p) {
    const Start start(b, panel + p);
#pragma GCC unroll 12
    for (int r = 0; r < R; ++r) acc[r][p] = _mm512_loadu_si512(start(row + r));
  }
  for (int64_t k = 0; k < k4; k += 4, w += 64) {
    __m512i weights[P];
#pragma GCC unroll 3
    for (int p = 0; p < P; ++p) weights[p] = _mm512_loadu_si512(w + p * 16 * k4);
#pragma GCC unroll 12
    for (int r = 0; r < R; ++r) {
      const __m512i four = broadcast_four(q + r * k4 + k);
#pragma GCC unroll 3
      for (int p = 0; p < P; ++p) acc[r][p] = _mm512_dpbusd_epi32(acc[r][p], four, weights[p]);
    }
  }
  // Through memory, so that the epilogue is there once and not once a row.
  Int done[R][P];
#pragma GCC unroll 12
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 3
    for (int p = 0; p < P; ++p) done[r][p] = {acc[r][p]};
#pragma GCC unroll 1
  for (int p = 0; p < P; ++p) {
    const Epilogue<Vec> finish(b, panel + p);
#pragma GCC unroll 1
    for (int r = 0; r < R; ++r) finish(done[r][p], row + r);
  }
}

template <int kRows, int P>
void panels(const LinearS8Block& b, int64_t begin, int64_t end, int64_t panel) {
  tiles_down<kRows>(begin, end, [&]<int R>(int64_t row) { tile<R, P>(b, row, panel); });
}

}  // namespace

void linear_s8_dot4_6x48(const LinearS8Block& b) {
  for_each_row_group(b, 12, [&](int64_t begin, int64_t end) {
    int64_t p = b.panel_begin;
    for (; p + 3 <= b.panel_end; p += 3) panels<6, 3>(b, begin, end, p);
    if (p + 2 == b.panel_end) panels<6, 2>(b, begin, end, p);
    if (p + 1 == b.panel_end) panels<12, 1>(b, begin, end, p);
  });
}

}  // namespace octavo::avx512vnni
