#include "runtime/kernels/matmul/matmul.h"

#include "runtime/kernels/elementwise/loops.h"
#include "runtime/profile.h"

namespace octavo {
namespace {

// k is taken in blocks whose sixteen columns fit the scratch; the accumulators carry over, so the order of the sum is whole.
constexpr int64_t kBlock = 4096;
static_assert(kBlock * 16 * sizeof(float) <= Threads::kScratchBytes);

struct Product {
  int64_t m, n, k;
  View out, a, b;  // leading dims broadcast to those of out

  int64_t row(const View& v) const { return v.stride[v.rank - 2]; }
  int64_t column(const View& v) const { return v.stride[v.rank - 1]; }
};

struct Panel {
  const Product& p;
  const Kernels& kernels;
  const float *a, *b;
  float *out, *scratch;
  int64_t columns;
  int64_t packed = -1;  // the block of k that scratch holds

  // Sixteen columns of b from k0 on: where they lie, if they lie together, else copied and padded.
  const float* block_of_b(int64_t k0, int64_t length, int64_t* stride) {
    if (columns == 16 && p.column(p.b) == 1) {
      *stride = p.row(p.b);
      return b + k0 * p.row(p.b);
    }
    *stride = 16;
    if (packed == k0) return scratch;
    packed = k0;
    for (int64_t i = 0; i < length; ++i)
      for (int64_t c = 0; c < 16; ++c)
        scratch[i * 16 + c] = c < columns ? b[(k0 + i) * p.row(p.b) + c * p.column(p.b)] : 0.0f;
    return scratch;
  }

  void rows(int64_t row, int64_t count) {
    alignas(64) float c[kTileRows * 16] = {};
    for (int64_t k0 = 0; k0 < p.k; k0 += kBlock) {
      const int64_t length = std::min(kBlock, p.k - k0);
      int64_t stride = 0;
      const float* from = block_of_b(k0, length, &stride);
      kernels.tile_f32({count, length, a + row * p.row(p.a) + k0 * p.column(p.a), p.row(p.a), p.column(p.a), from,
                        stride, c, 16, k0 > 0});
    }
    for (int64_t r = 0; r < count; ++r)
      for (int64_t j = 0; j < columns; ++j) out[(row + r) * p.row(p.out) + j * p.column(p.out)] = c[r * 16 + j];
  }
};

// A view of `v` whose leading dims have the sizes of `like`'s; the last two stay.
View broadcast_leading(const View& v, const View& like) {
  View target = like;
  target.shape[like.rank - 2] = v.shape[v.rank - 2];
  target.shape[like.rank - 1] = v.shape[v.rank - 1];
  return broadcast_to(v, target);
}

Product check(const View& out, const View& a, const View& b) {
  if (a.dtype != DType::f32 || b.dtype != DType::f32 || out.dtype != DType::f32) unsupported_dtype("matmul", a.dtype);
  if (a.rank < 2 || b.rank < 2 || out.rank < 2) throw Error(Status::invalid_argument, "matmul needs rank 2 or more");
  const Product p{out.shape[out.rank - 2],   out.shape[out.rank - 1],  a.shape[a.rank - 1], out,
                  broadcast_leading(a, out), broadcast_leading(b, out)};
  if (a.shape[a.rank - 2] != p.m || b.shape[b.rank - 2] != p.k || b.shape[b.rank - 1] != p.n)
    throw Error(Status::invalid_argument,
                "matmul of " + shape_text(a) + " and " + shape_text(b) + " does not give " + shape_text(out));
  return p;
}

}  // namespace

void matmul(const Context& ctx, const View& out, const View& a, const View& b) {
  const Product p = check(out, a, b);
  View batch[3] = {p.out, p.a, p.b};
  for (View& v : batch) v.rank -= 2;
  const Loop<3> loop({batch[0], batch[1], batch[2]});
  const int64_t panels = (p.n + 15) / 16;
  if (p.m == 0 || panels == 0 || loop.count() == 0) return;
  report(ctx, {.kernel = "matmul",
               .isa = ctx.kernels.name,
               .loop = ctx.kernels.f32,
               .m = p.m,
               .n = p.n,
               .k = p.k,
               .macs = loop.count() * p.m * p.n * p.k,
               .activation_bytes = 4 * (out.count() + a.count() + b.count())});
  ctx.threads.parallel(loop.count() * panels, 1, [&](int64_t begin, int64_t end, int) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t column = task % panels * 16;
      loop.range(task / panels, task / panels + 1, [&](const std::array<int64_t, 3>& at, int64_t) {
        Panel panel{p,
                    ctx.kernels,
                    p.a.as<float>() + at[1],
                    p.b.as<float>() + at[2] + column * p.column(p.b),
                    p.out.as<float>() + at[0] + column * p.column(p.out),
                    static_cast<float*>(Threads::scratch()),
                    std::min<int64_t>(16, p.n - column)};
        for (int64_t row = 0; row < p.m; row += kTileRows) panel.rows(row, std::min(kTileRows, p.m - row));
      });
    }
  });
}

}  // namespace octavo
