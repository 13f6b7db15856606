#include "runtime/kernels/layer_norm/layer_norm.h"

#include "runtime/kernels/kernels.h"
#include "runtime/profile.h"
#include "runtime/tensor.h"
#include "runtime/threads.h"

namespace octavo {

void layer_norm(const Context& ctx, const LayerNorm& args) {
  const int64_t floats = args.residual != nullptr ? 3 : 2;
  report(ctx, {.kernel = "layer_norm",
               .isa = ctx.kernels.name,
               .m = args.rows,
               .n = args.width,
               .weight_bytes = 4 * 2 * args.width,
               .activation_bytes = args.rows * args.width * (4 * floats + (args.q != nullptr ? 1 : 0))});
  ctx.threads.parallel(args.rows, 1, [&](int64_t begin, int64_t end, int) {
    LayerNorm part = args;
    part.rows = end - begin;
    part.x += begin * args.width;
    part.y += begin * args.width;
    if (args.residual != nullptr) part.residual += begin * args.width;
    if (args.q != nullptr) {
      part.q += begin * round_up(args.width, 4);
      part.q_scale += begin;
    }
    ctx.kernels.layer_norm(part);
  });
}

}  // namespace octavo
