// S16: both operands as int16, multiplied in pairs into int32 by vpmaddwd. Exact for all weights: no int16 ever holds a sum.
//
// The activations of a block of rows are widened once, to scratch. The weights are widened on the way from memory
// (vpmovsxbw, free beside the arithmetic): 16 bytes are 4 columns x 4 k, so one accumulator of 8 int32 holds 4 columns
// twice, for k 0-1 and k 2-3, added when k is done. A tile is 2 rows x 16 columns: 8 accumulators, which GCC keeps in registers
// beside the operands (3 rows spill). Two multiplies a cycle bound it at 32 MAC/cycle.
#include "runtime/kernels/vec/avx2.h"

#include <immintrin.h>

#include "runtime/kernels/linear_s8/impl.h"
#include "runtime/kernels/tables.h"
#include "runtime/tensor.h"

namespace octavo::avx2 {
namespace {

constexpr int64_t kRows = 2;
// Of widened activations: half of a 512 KB second-level cache, the rest is for panels and outputs.
constexpr int64_t kBlockBytes = 256 * 1024;
constexpr int64_t kLongestTile = kRows * 2 * (kMaxLinearS8K + 3);
static_assert(kBlockBytes <= kLinearS8ScratchBytes && kLongestTile <= kLinearS8ScratchBytes);

void widen(int64_t n, const uint8_t* q, int16_t* out) {
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(q + i));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), _mm256_cvtepu8_epi16(bytes));
  }
  for (; i < n; ++i) out[i] = q[i];
}

// [c0 c0' c1 c1' c2 c2' c3 c3'] and the same of c4.. -> the sums of c0 .. c7.
__m256i add_pairs(__m256i low, __m256i high) { return _mm256_permute4x64_epi64(_mm256_hadd_epi32(low, high), 0xd8); }

// A function of its own: GCC 12 keeps the sums in registers only where nothing follows the loop but their stores.
template <int R>
[[gnu::noinline]] void multiply(int64_t k4, const int16_t* a, const int8_t* w, __m256i (&out)[R][4]) {
  __m256i acc[R][4];
#pragma GCC unroll 2
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int c = 0; c < 4; ++c) acc[r][c] = _mm256_setzero_si256();

  for (int64_t k = 0; k < k4; k += 4, w += 64) {
#pragma GCC unroll 4
    for (int c = 0; c < 4; ++c) {
      const __m256i weights = _mm256_cvtepi8_epi16(_mm_load_si128(reinterpret_cast<const __m128i*>(w + c * 16)));
#pragma GCC unroll 2
      for (int r = 0; r < R; ++r) {
        const __m256i four_k =
            _mm256_castpd_si256(_mm256_broadcast_sd(reinterpret_cast<const double*>(a + r * k4 + k)));
        acc[r][c] = _mm256_add_epi32(acc[r][c], _mm256_madd_epi16(four_k, weights));
      }
    }
  }
#pragma GCC unroll 2
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int c = 0; c < 4; ++c) out[r][c] = acc[r][c];
}

template <int R>
void tile(int64_t k4, const int16_t* a, const int8_t* w, const Start& start, const Epilogue<Vec>& finish, int64_t row) {
  __m256i acc[R][4];
  multiply<R>(k4, a, w, acc);
  using Rows = Many<Vec, R>;
  const auto sums = Rows::template each<typename Rows::I>([&](int r) {
    const Int first = Vec::load(start(row + r));
    return Int{_mm256_add_epi32(add_pairs(acc[r][0], acc[r][1]), first.lo),
               _mm256_add_epi32(add_pairs(acc[r][2], acc[r][3]), first.hi)};
  });
  finish.template tile<R>(sums, row);
}

}  // namespace

void linear_s8_s16_2x16(const LinearS8Block& b) {
  const PackedS8& w = *b.w;
  const int64_t k4 = round_up(w.k, 4);
  auto* a = static_cast<int16_t*>(b.scratch);
  const int64_t fit = k4 > 0 ? kBlockBytes / (2 * k4) / kRows * kRows : b.rows;
  const int64_t block = fit > kRows ? fit : kRows;
  for (int64_t begin = 0; begin < b.rows; begin += block) {
    const int64_t rows = b.rows - begin < block ? b.rows - begin : block;
    widen(rows * k4, b.q + begin * k4, a);
    for (int64_t panel = b.panel_begin; panel < b.panel_end; ++panel) {
      const Epilogue<Vec> finish(b, panel);
      const Start start(b, panel);
      const int8_t* weights = w.panels + panel * 16 * k4;
      int64_t r = 0;
      for (; r + 2 <= rows; r += 2) tile<2>(k4, a + r * k4, weights, start, finish, begin + r);
      if (r < rows) tile<1>(k4, a + r * k4, weights, start, finish, begin + r);
    }
  }
}

}  // namespace octavo::avx2
