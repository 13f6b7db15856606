#include "runtime/kernels/linear_s8/linear_s8.h"

#include <algorithm>

#include "runtime/kernels/kernels.h"
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

// By panels, so that each weight is read by one thread only; by rows where there are fewer panels than threads.
void linear_s8(const Context& ctx, int64_t rows, const uint8_t* q, const float* q_scale, const PackedS8& w,
               Activation activation, float* y, int64_t ldy) {
  const int64_t panels = round_up(w.n, 16) / 16;
  if (rows == 0 || panels == 0) return;
  const LinearS8Block all{rows, q, q_scale, &w, 0, panels, activation, y, ldy, nullptr};
  const bool by_panel = panels >= ctx.threads.count();
  ctx.threads.parallel(by_panel ? panels : rows, 1, [&](int64_t begin, int64_t end, int thread) {
    LinearS8Block part = all;
    part.scratch = ctx.threads.scratch(thread);
    if (by_panel) {
      part.panel_begin = begin;
      part.panel_end = end;
    } else {
      part.rows = end - begin;
      part.q += begin * round_up(w.k, 4);
      part.q_scale += begin;
      part.y += begin * ldy;
    }
    choose_linear_s8(ctx.kernels, w.bound, part.rows).run(part);
  });
}

}  // namespace octavo
