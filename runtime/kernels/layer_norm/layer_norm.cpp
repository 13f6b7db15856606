#include "runtime/kernels/layer_norm/layer_norm.h"

#include "runtime/kernels/kernels.h"
#include "runtime/tensor.h"
#include "runtime/threads.h"

namespace octavo {

void layer_norm(const Context& ctx, const LayerNorm& args) {
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
