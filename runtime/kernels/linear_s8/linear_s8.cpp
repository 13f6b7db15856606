#include "runtime/kernels/linear_s8/linear_s8.h"

#include <algorithm>

#include "runtime/kernels/kernels.h"
#include "runtime/kernels/linear_s8/outliers.h"
#include "runtime/profile.h"
#include "runtime/tensor.h"
#include "runtime/threads.h"

namespace octavo {

const LinearS8Kernel& choose_linear_s8(const Kernels& kernels, LaneBound proven, int64_t rows) {
  const LaneBound bound = std::min(proven, kernels.trusted);
  for (const LinearS8Kernel& kernel : kernels.linear_s8)
    if (kernel.bound <= bound && rows <= kernel.most_rows) return kernel;
  // The last of each instruction set needs no bound and takes any rows; a test holds the list to that.
  return kernels.linear_s8.back();
}

namespace {

Work work(const Context& ctx, int64_t rows, const PackedS8& w, const Residual& residual) {
  const LinearS8Kernel& kernel = choose_linear_s8(ctx.kernels, w.bound, rows);
  const int64_t columns = round_up(w.n, 16), k4 = round_up(w.k, 4);
  return {.kernel = kernel.name,
          .loop = kernel.loop,
          .m = rows,
          .n = w.n,
          .k = w.k,
          .macs = rows * w.n * w.k,
          .weight_bytes = columns * (k4 + (w.bias != nullptr ? 12 : 8)) + 4 * outlier_entries(w.outliers, w.n),
          .activation_bytes = rows * (k4 + 4 + (residual.rows != nullptr ? 8 : 4) * w.n)};
}

}  // namespace

// By panels, so that each weight is read by one thread only; by rows where there are fewer panels than threads.
void linear_s8(const Context& ctx, int64_t rows, const uint8_t* q, const float* q_scale, const PackedS8& w,
               Activation activation, float* y, int64_t ldy, Residual residual) {
  const int64_t panels = round_up(w.n, 16) / 16;
  if (rows == 0 || panels == 0) return;
  report(ctx, work(ctx, rows, w, residual));
  const LinearS8Block all{rows, q, q_scale, &w, 0, panels, activation, y, ldy, nullptr, residual};
  const bool by_panel = panels >= ctx.threads.count();
  // A share with outliers begins with transposing the rows: a twentieth of four panels.
  const int64_t grain = by_panel && w.outliers != nullptr ? 4 : 1;
  ctx.threads.parallel(by_panel ? panels : rows, grain, [&](int64_t begin, int64_t end, int) {
    LinearS8Block part = all;
    part.scratch = Threads::scratch();
    if (by_panel) {
      part.panel_begin = begin;
      part.panel_end = end;
    } else {
      part.rows = end - begin;
      part.q += begin * round_up(w.k, 4);
      part.q_scale += begin;
      part.y += begin * ldy;
      if (residual.rows != nullptr) part.residual.rows += begin * residual.ld;
    }
    run_linear_s8(ctx.kernels, part);
  });
}

}  // namespace octavo
