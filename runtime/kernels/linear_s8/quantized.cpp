// linear_s8_quantized. A static scale is known beforehand: the epilogue quantises, and no float is stored. A scale of the row
// is known when the row is: a thread computes a block of rows, all panels, and quantises it while the floats are in its
// second-level cache. Where that would be one block a thread or less, each weight is read by one thread only instead.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "runtime/kernels/kernels.h"
#include "runtime/kernels/linear_s8/linear_s8.h"
#include "runtime/kernels/linear_s8/outliers.h"
#include "runtime/kernels/linear_s8/split.h"
#include "runtime/kernels/quantize_rows/quantize_rows.h"
#include "runtime/profile.h"
#include "runtime/tensor.h"
#include "runtime/threads.h"

namespace octavo {
namespace {

// Of the floats of a block: less than half of a 512 KB second-level cache, beside activations and a panel of weights. At 16
// rows the weights pass through a core at 8 GB/s, a third of what the third-level cache gives it.
constexpr int64_t kBlockBytes = 192 * 1024;

int64_t row_bytes(int64_t n) { return n * static_cast<int64_t>(sizeof(float)); }

int64_t most_rows_of_block(int64_t n) { return n > 0 ? std::clamp<int64_t>(kBlockBytes / row_bytes(n), 8, 64) : 64; }

int64_t bytes_of_block(int64_t n) { return round_up(most_rows_of_block(n) * row_bytes(n), 64); }

void under_static_scale(const Context& ctx, LinearS8Block all, const QuantizedRowsOut& out) {
  all.u8 = {out.q, out.scale, 1.0f / out.static_scale, out.zero_point};
  std::fill_n(out.scale, all.rows, out.static_scale);
  run_on_threads(ctx, all);
  const int64_t pitch = round_up(all.w->n, 4);
  for (int64_t r = 0; r < all.rows; ++r)
    if (std::isnan(out.scale[r])) std::memset(out.q + r * pitch, out.zero_point, static_cast<size_t>(pitch));
}

void quantize(const Context& ctx, int64_t begin, int64_t end, const float* y, int64_t n, const QuantizedRowsOut& out) {
  ctx.kernels.quantize_rows(end - begin, n, y, n, out.q + begin * round_up(n, 4), out.scale + begin, 0.0f,
                            out.zero_point);
}

void by_panels(const Context& ctx, LinearS8Block all, const QuantizedRowsOut& out, float* y) {
  all.y = y;
  run_on_threads(ctx, all);
  ctx.threads.parallel(all.rows, 1, [&](int64_t begin, int64_t end, int) {
    quantize(ctx, begin, end, y + begin * all.ldy, all.ldy, out);
  });
}

// Blocks are whole tiles but for the last and as many as divide among the threads.
void by_rows(const Context& ctx, const LinearS8Block& all, const QuantizedRowsOut& out, char* scratch) {
  const int64_t n = all.w->n, threads = ctx.threads.count(), most = most_rows_of_block(n);
  const int64_t tile = choose_linear_s8(ctx.kernels, all.w->bound, most).tile_rows;
  const int64_t tiles = (all.rows + tile - 1) / tile, tiles_of_block = most / tile;
  const int64_t blocks = round_up((tiles + tiles_of_block - 1) / tiles_of_block, threads);
  ctx.threads.parallel(blocks, 1, [&](int64_t first, int64_t last, int thread) {
    auto* y = reinterpret_cast<float*>(scratch + thread * bytes_of_block(n));
    for (int64_t block = first; block < last; ++block) {
      const int64_t begin = tiles * block / blocks * tile;
      const int64_t end = std::min(tiles * (block + 1) / blocks * tile, all.rows);
      LinearS8Block part = rows_of(all, begin, end);
      part.y = y;
      part.scratch = Threads::scratch();
      run_linear_s8(ctx.kernels, part);
      quantize(ctx, begin, end, y, n, out);
    }
  });
}

}  // namespace

int64_t linear_s8_quantized_scratch_bytes(int64_t rows, int64_t n, int threads) {
  return std::min(rows * row_bytes(n), bytes_of_block(n) * threads);
}

void linear_s8_quantized(const Context& ctx, int64_t rows, const uint8_t* q, const float* q_scale, const PackedS8& w,
                         Activation activation, const QuantizedRowsOut& out, void* scratch) {
  check_zero_point(out.zero_point);
  LinearS8Block all = whole_product(rows, q, q_scale, w, activation);
  report(ctx, work_of(ctx, all, round_up(w.n, 4) + 4));
  if (out.static_scale > 0.0f) return under_static_scale(ctx, all, out);
  all.ldy = w.n;
  if (rows <= most_rows_of_block(w.n) * ctx.threads.count()) {
    by_panels(ctx, all, out, static_cast<float*>(scratch));
  } else {
    by_rows(ctx, all, out, static_cast<char*>(scratch));
  }
}

}  // namespace octavo
