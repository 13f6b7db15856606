// attention/HEADSxHEAD_DIM/S/THREADS over the heads of MiniLM-L6 (12 x 32), BERT-base (12 x 64) and a small one (8 x 16),
// with an additive mask over the keys: GMAC/s of both products together, their share of the FMA ceiling, and cycles per
// score on one thread.
#include "runtime/kernels/attention/attention.h"

#include <string>

#include "bench/kernels/measure.h"

namespace octavo::bench {
namespace {

struct Heads {
  int64_t count, dim;
};

void run(benchmark::State& state, Heads heads, int64_t length, int threads) {
  const int64_t width = heads.count * heads.dim;
  const std::vector<float> qkv = normal(length * 3 * width);
  const std::vector<float> mask(static_cast<size_t>(length), 0.0f);
  std::vector<float> out(static_cast<size_t>(length * width));
  Attention a;
  a.batch = 1;
  a.heads = heads.count;
  a.q_len = a.k_len = length;
  a.head_dim = heads.dim;
  a.q = qkv.data();
  a.k = qkv.data() + width;
  a.v = qkv.data() + 2 * width;
  a.q_stride = a.k_stride = a.v_stride = {length * 3 * width, heads.dim, 3 * width};
  a.out = out.data();
  a.out_stride = {length * width, heads.dim, width};
  a.mask = mask.data();
  a.scale = 0.125f;
  const auto bytes = static_cast<size_t>(attention_scratch_bytes(length, heads.dim, threads));
  const std::unique_ptr<void, decltype(&std::free)> scratch(std::aligned_alloc(64, (bytes + 63) / 64 * 64), &std::free);
  a.scratch = scratch.get();
  const Context ctx = context(threads);
  const double seconds = fastest(state, threads, [&] { attention(ctx, a); });
  const double scores = static_cast<double>(heads.count * length * length);
  report_macs(state, context(threads).kernels.f32, scores * 2 * static_cast<double>(heads.dim), seconds, threads);
  if (threads == 1) state.counters["cycles/score"] = cycles(seconds) / scores;
}

}  // namespace

void add_attention() {
  for (const Heads heads : {Heads{12, 32}, Heads{12, 64}, Heads{8, 16}})
    for (const int64_t length : {8, 32, 128, 512, 2048})
      for (const int threads : {1, 2})
        benchmark::RegisterBenchmark(("attention/" + std::to_string(heads.count) + "x" + std::to_string(heads.dim) +
                                      "/" + std::to_string(length) + "/" + std::to_string(threads))
                                         .c_str(),
                                     [=](benchmark::State& state) { run(state, heads, length, threads); })
            ->UseManualTime();
}

}  // namespace octavo::bench
