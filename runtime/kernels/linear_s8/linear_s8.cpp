#include "runtime/kernels/linear_s8/linear_s8.h"

#include <algorithm>

#include "runtime/kernels/kernels.h"
#include "runtime/kernels/linear_s8/outliers.h"
#include "runtime/kernels/linear_s8/split.h"
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

LinearS8Block whole_product(int64_t rows, const uint8_t* q, const float* q_scale, const PackedS8& w,
                            Activation activation) {
  return {rows, q, q_scale, &w, 0, round_up(w.n, 16) / 16, activation, nullptr, 0, nullptr};
}

Work work_of(const Context& ctx, const LinearS8Block& all, int64_t bytes_of_output) {
  const PackedS8& w = *all.w;
  const LinearS8Kernel& kernel = choose_linear_s8(ctx.kernels, w.bound, all.rows);
  const int64_t columns = round_up(w.n, 16), k4 = round_up(w.k, 4);
  return {.kernel = kernel.name,
          .loop = kernel.loop,
          .m = all.rows,
          .n = w.n,
          .k = w.k,
          .macs = all.rows * w.n * w.k,
          .weight_bytes = columns * (k4 + (w.bias != nullptr ? 12 : 8)) + 4 * outlier_entries(w.outliers, w.n),
          .activation_bytes = all.rows * (k4 + 4 + bytes_of_output)};
}

LinearS8Block rows_of(LinearS8Block part, int64_t begin, int64_t end) {
  part.rows = end - begin;
  part.q += begin * round_up(part.w->k, 4);
  part.q_scale += begin;
  if (part.u8.q != nullptr) {
    part.u8.q += begin * round_up(part.w->n, 4);
    part.u8.scale += begin;
  } else if (part.y != nullptr) {
    part.y += begin * part.ldy;
  }
  if (part.residual.rows != nullptr) part.residual.rows += begin * part.residual.ld;
  return part;
}

void run_on_threads(const Context& ctx, const LinearS8Block& all) {
  if (all.rows == 0 || all.panel_end == 0) return;
  const bool by_panel = all.panel_end >= ctx.threads.count();
  // A share with outliers begins with transposing the rows: a twentieth of four panels.
  const int64_t grain = by_panel && all.w->outliers != nullptr ? 4 : 1;
  ctx.threads.parallel(by_panel ? all.panel_end : all.rows, grain, [&](int64_t begin, int64_t end, int) {
    LinearS8Block part = by_panel ? all : rows_of(all, begin, end);
    if (by_panel) {
      part.panel_begin = begin;
      part.panel_end = end;
    }
    part.scratch = Threads::scratch();
    run_linear_s8(ctx.kernels, part);
  });
}

void linear_s8(const Context& ctx, int64_t rows, const uint8_t* q, const float* q_scale, const PackedS8& w,
               Activation activation, float* y, int64_t ldy, Residual residual) {
  if (rows == 0 || w.n == 0) return;
  LinearS8Block all = whole_product(rows, q, q_scale, w, activation);
  all.y = y;
  all.ldy = ldy;
  all.residual = residual;
  report(ctx, work_of(ctx, all, (residual.rows != nullptr ? 8 : 4) * w.n));
  run_on_threads(ctx, all);
}

}  // namespace octavo
