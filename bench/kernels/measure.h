// What the benches share. Each call is timed on its own and the fastest counts, so that neighbours
// on the machine matter little; one thread is timed by its own CPU time, several by the wall clock.
#pragma once

#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <random>
#include <vector>

#include "runtime/isa.h"
#include "runtime/kernels/kernels.h"
#include "runtime/probe/probe.h"
#include "runtime/threads.h"

namespace octavo::bench {

// The products of MiniLM-L6 and BERT-base, the rows they are timed with, and as many bytes as no cache holds.
struct Shape {
  const char* name;
  int64_t n, k;
  Activation activation;
};
inline constexpr Shape kShapes[] = {
    {"minilm_qkv", 1152, 384, Activation::none},      {"minilm_projection", 384, 384, Activation::none},
    {"minilm_ffn1", 1536, 384, Activation::gelu_erf}, {"minilm_ffn2", 384, 1536, Activation::none},
    {"bert_qkv", 2304, 768, Activation::none},        {"bert_projection", 768, 768, Activation::none},
    {"bert_ffn1", 3072, 768, Activation::gelu_erf},   {"bert_ffn2", 768, 3072, Activation::none},
};
inline constexpr int64_t kRows[] = {1, 8, 32, 128, 1024};
inline constexpr int64_t kLargerThanCaches = int64_t{128} << 20;

inline double now(int threads) {
  timespec t = {};
  clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

inline Threads& pool(int threads) {
  static std::map<int, std::unique_ptr<Threads>> pools;
  auto& pool = pools[threads];
  if (!pool) pool = std::make_unique<Threads>(threads);
  return *pool;
}

// Of one thread (runtime/probe/probe.h); 0 where it has no such loop.
inline double ceiling(InnerLoop loop) {
  static std::map<InnerLoop, double> rates;
  if (!rates.contains(loop)) rates[loop] = probe::multiply_rate(loop, pool(1));
  return rates[loop];
}

inline double cycles(double seconds) {
  static const double clock = probe::clock_hz();
  return seconds * clock;
}

inline Context context(int threads) { return {choose_kernels(""), pool(threads)}; }

inline std::vector<float> normal(int64_t n, float scale = 1.0f) {
  std::mt19937 engine(1);
  std::normal_distribution<float> distribution(0.0f, scale);
  std::vector<float> v(static_cast<size_t>(n));
  for (float& x : v) x = distribution(engine);
  return v;
}

// Runs the loop of `state` over `repeats` calls at a time, more where the clock itself would count, and returns the seconds
// of one call in the fastest iteration.
template <typename Call>
double fastest(benchmark::State& state, int threads, Call call, int repeats = 1) {
  double best = std::numeric_limits<double>::infinity();
  for (auto _ : state) {
    const double begin = now(threads);
    for (int i = 0; i < repeats; ++i) call();
    const double seconds = now(threads) - begin;
    state.SetIterationTime(seconds);
    best = std::min(best, seconds / repeats);
  }
  return best;
}

// Multiply-adds a second, and their share of what the inner loop could do with its operands in registers.
inline void report_macs(benchmark::State& state, InnerLoop loop, double macs, double seconds, int threads) {
  state.counters["GMAC/s"] = macs / seconds * 1e-9;
  if (ceiling(loop) > 0) state.counters["of_ceiling"] = macs / seconds / (ceiling(loop) * threads);
}

}  // namespace octavo::bench
