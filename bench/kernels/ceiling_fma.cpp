#include <immintrin.h>

#include <algorithm>
#include <chrono>

#include "bench/kernels/measure.h"

namespace octavo::bench {
namespace {

// Twelve chains: the latency of four cycles on two ports needs eight.
constexpr int kChains = 12;
constexpr int kSteps = 4096;

double seconds_of_loop() {
  __m256 sums[kChains] = {};
  __m256 a = _mm256_set1_ps(0.5f), b = _mm256_set1_ps(0.25f);
  // The compiler must believe that the value changed, or it would compute the products once.
  const auto touch = [](__m256& v) { asm volatile("" : "+x"(v)); };
  const auto begin = std::chrono::steady_clock::now();
  for (int step = 0; step < kSteps; ++step) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) {
      touch(a);
      sums[i] = _mm256_fmadd_ps(a, b, sums[i]);
    }
  }
  for (__m256& sum : sums) touch(sum);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

double fma_ceiling() {
  if (!__builtin_cpu_supports("fma")) return 0;
  static const double rate = [] {
    double best = seconds_of_loop();
    for (int i = 0; i < 5000; ++i) best = std::min(best, seconds_of_loop());
    return kSteps * kChains * 8 / best;
  }();
  return rate;
}

}  // namespace octavo::bench
