// attention/HEADSxHEAD_DIM/S/THREADS over the heads of MiniLM-L6 (12 x 32), BERT-base (12 x 64) and a small one (8 x 16),
// with an additive mask over the keys: GMAC/s of both products together, their share of the FMA ceiling, and cycles per
// score on one thread. attention_int8 is the same with both products in INT8.
//
// attention_decode/QUERIES/KEYS/THREADS: few query rows over a cache of keys and values [12, KEYS, 64], as GB/s of cache read.
#include "runtime/kernels/attention/attention.h"

#include <string>

#include "bench/kernels/measure.h"

namespace octavo::bench {
namespace {

struct Heads {
  int64_t count, dim;
};

void run(benchmark::State& state, Heads heads, int64_t length, int threads, bool int8) {
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
  a.int8_scores = a.int8_context = int8;
  const auto bytes = static_cast<size_t>(attention_scratch_bytes(length, heads.dim, threads, int8));
  const std::unique_ptr<void, decltype(&std::free)> scratch(std::aligned_alloc(64, (bytes + 63) / 64 * 64), &std::free);
  a.scratch = scratch.get();
  const Context ctx = context(threads);
  const double seconds = fastest(state, threads, [&] { attention(ctx, a); });
  const double scores = static_cast<double>(heads.count * length * length);
  report_macs(state, int8 ? ctx.kernels.s16 : ctx.kernels.f32, scores * 2 * static_cast<double>(heads.dim), seconds,
              threads);
  if (threads == 1) state.counters["cycles/score"] = cycles(seconds) / scores;
}

void decode(benchmark::State& state, int64_t queries, int64_t keys, int threads) {
  constexpr int64_t kHeads = 12, kDim = 64;
  const std::vector<float> q = normal(queries * kHeads * kDim), cache = normal(2 * kHeads * keys * kDim);
  std::vector<float> out(q.size());
  Attention a;
  a.batch = 1;
  a.heads = kHeads;
  a.q_len = queries;
  a.k_len = keys;
  a.head_dim = kDim;
  a.q = q.data();
  a.k = cache.data();
  a.v = cache.data() + kHeads * keys * kDim;
  a.q_stride = a.out_stride = {0, kDim, kHeads * kDim};
  a.k_stride = a.v_stride = {0, keys * kDim, kDim};
  a.out = out.data();
  a.scale = 0.125f;
  a.causal = true;
  const auto bytes = static_cast<size_t>(attention_scratch_bytes(keys, kDim, threads));
  const std::unique_ptr<void, decltype(&std::free)> scratch(std::aligned_alloc(64, (bytes + 63) / 64 * 64), &std::free);
  a.scratch = scratch.get();
  const Context ctx = context(threads);
  const double seconds = fastest(state, threads, [&] { attention(ctx, a); });
  state.counters["GB/s"] = static_cast<double>(cache.size() * sizeof(float)) / seconds * 1e-9;
}

}  // namespace

void add_attention() {
  for (const bool int8 : {false, true})
    for (const Heads heads : {Heads{12, 32}, Heads{12, 64}, Heads{8, 16}})
      for (const int64_t length : {8, 32, 128, 512, 2048})
        for (const int threads : {1, 2})
          benchmark::RegisterBenchmark(
              ((int8 ? "attention_int8/" : "attention/") + std::to_string(heads.count) + "x" +
               std::to_string(heads.dim) + "/" + std::to_string(length) + "/" + std::to_string(threads))
                  .c_str(),
              [=](benchmark::State& state) { run(state, heads, length, threads, int8); })
              ->UseManualTime();
  for (const int64_t queries : {1, 4})
    for (const int64_t keys : {128, 256, 512, 1024})
      for (const int threads : {1, 2})
        benchmark::RegisterBenchmark(
            ("attention_decode/" + std::to_string(queries) + "/" + std::to_string(keys) + "/" + std::to_string(threads))
                .c_str(),
            [=](benchmark::State& state) { decode(state, queries, keys, threads); })
            ->UseManualTime();
}

}  // namespace octavo::bench
