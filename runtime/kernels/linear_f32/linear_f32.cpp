#include "runtime/kernels/linear_f32/linear_f32.h"

#include "runtime/kernels/kernels.h"
#include "runtime/profile.h"
#include "runtime/tensor.h"
#include "runtime/threads.h"

namespace octavo {

// By panels, so that each weight is read by one thread only; by rows where there are fewer panels than threads.
void linear_f32(const Context& ctx, int64_t rows, const float* x, int64_t ldx, const PackedF32& w,
                Activation activation, float* y, int64_t ldy, Residual residual) {
  const int64_t panels = round_up(w.n, 16) / 16;
  if (rows == 0 || panels == 0) return;
  report(ctx, {.kernel = "linear_f32",
               .isa = ctx.kernels.name,
               .loop = ctx.kernels.f32,
               .m = rows,
               .n = w.n,
               .k = w.k,
               .macs = rows * w.n * w.k,
               .weight_bytes = 4 * 16 * panels * (w.k + 1),
               .activation_bytes = 4 * rows * (w.k + (residual.rows != nullptr ? 2 : 1) * w.n)});
  const LinearF32Block all{rows, x, ldx, &w, 0, panels, activation, y, ldy, residual};
  const bool by_panel = panels >= ctx.threads.count();
  ctx.threads.parallel(by_panel ? panels : rows, 1, [&](int64_t begin, int64_t end, int) {
    LinearF32Block part = all;
    if (by_panel) {
      part.panel_begin = begin;
      part.panel_end = end;
    } else {
      part.rows = end - begin;
      part.x += begin * ldx;
      part.y += begin * ldy;
      if (residual.rows != nullptr) part.residual.rows += begin * residual.ld;
    }
    ctx.kernels.linear_f32(part);
  });
}

}  // namespace octavo
