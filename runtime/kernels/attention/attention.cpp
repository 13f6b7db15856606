#include "runtime/kernels/attention/attention.h"

#include <algorithm>
#include <string>

#include "runtime/error.h"
#include "runtime/kernels/attention/scratch.h"
#include "runtime/kernels/kernels.h"
#include "runtime/profile.h"
#include "runtime/threads.h"

namespace octavo {
namespace {

int64_t scratch_of_thread(int64_t k_len, int64_t head_dim, bool int8) {
  return round_up(AttentionScratch(k_len, head_dim, int8).total * static_cast<int64_t>(sizeof(float)), 64);
}

// Both products, over the keys that each row sees.
Work work(const Context& ctx, const Attention& a) {
  int64_t pairs = a.q_len * a.k_len;
  if (a.causal) {
    pairs = 0;
    for (int64_t i = 0; i < a.q_len; ++i) pairs += std::clamp<int64_t>(i + 1 + a.k_len - a.q_len, 0, a.k_len);
  }
  const int64_t heads = a.batch * a.heads;
  return {.kernel = a.int8() ? "attention_int8" : "attention",
          .isa = ctx.kernels.name,
          .loop = a.int8() ? ctx.kernels.s16 : ctx.kernels.f32,
          .m = a.q_len,
          .n = a.k_len,
          .k = a.head_dim,
          .macs = 2 * heads * pairs * a.head_dim,
          .activation_bytes = 4 * heads * a.head_dim * 2 * (a.q_len + a.k_len)};
}

}  // namespace

int64_t attention_scratch_bytes(int64_t k_len, int64_t head_dim, int threads, bool int8) {
  return scratch_of_thread(k_len, head_dim, int8) * threads;
}

// A task is a block of query rows of one head. Each packs the keys again, so the rows of a head are split only where there
// are too few heads to keep every thread busy.
void attention(const Context& ctx, const Attention& args) {
  const int64_t heads = args.batch * args.heads;
  if (heads == 0 || args.q_len == 0 || args.head_dim == 0) return;
  if (args.int8_scores && args.head_dim > kMostInt8HeadDim)
    throw Error(Status::invalid_argument,
                "attention: a head of " + std::to_string(args.head_dim) + " is too wide for INT8 scores");
  report(ctx, work(ctx, args));
  const int64_t threads = ctx.threads.count();
  const int64_t wanted = heads >= 2 * threads || heads % threads == 0 ? 1 : 2 * threads;
  const int64_t rows = std::max<int64_t>(round_up((args.q_len + wanted - 1) / wanted, kTileRows), kTileRows);
  const int64_t blocks = (args.q_len + rows - 1) / rows;
  ctx.threads.parallel(heads * blocks, 1, [&](int64_t begin, int64_t end, int thread) {
    char* scratch =
        static_cast<char*>(args.scratch) + thread * scratch_of_thread(args.k_len, args.head_dim, args.int8());
    for (int64_t task = begin; task < end; ++task) {
      const int64_t head = task / blocks;
      const int64_t row = task % blocks * rows;
      (args.int8() ? ctx.kernels.attention_int8 : ctx.kernels.attention)(
          {&args, head / args.heads, head % args.heads, row, std::min(row + rows, args.q_len), scratch});
    }
  });
}

}  // namespace octavo
