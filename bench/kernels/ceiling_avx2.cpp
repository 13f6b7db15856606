#include <immintrin.h>
#include <time.h>

#include <algorithm>

#include "bench/kernels/ceiling.h"

namespace octavo::bench {
namespace {

// Independent sums, enough that none waits for its last addition.
constexpr int kChains = 8;
constexpr int kSteps = 4096;

// One step of a sum, as the kernels do it. In assembly, because a compiler computes what does not change once.
struct Fours {
  static constexpr int kMacs = 64;
  static void step(__m256i& sum, __m256i a, __m256i w, __m256i ones) {
    __m256i first, second;
    asm volatile(
        "vpmaddubsw %[w], %[a], %[first]\n\t"
        "vpmaddubsw %[w], %[a], %[second]\n\t"
        "vpaddw %[second], %[first], %[first]\n\t"
        "vpmaddwd %[ones], %[first], %[first]\n\t"
        "vpaddd %[first], %[sum], %[sum]"
        : [sum] "+x"(sum), [first] "=&x"(first), [second] "=&x"(second)
        : [a] "x"(a), [w] "x"(w), [ones] "x"(ones));
  }
};
struct Pairs {
  static constexpr int kMacs = 32;
  static void step(__m256i& sum, __m256i a, __m256i w, __m256i ones) {
    __m256i product;
    asm volatile(
        "vpmaddubsw %[w], %[a], %[product]\n\t"
        "vpmaddwd %[ones], %[product], %[product]\n\t"
        "vpaddd %[product], %[sum], %[sum]"
        : [sum] "+x"(sum), [product] "=&x"(product)
        : [a] "x"(a), [w] "x"(w), [ones] "x"(ones));
  }
};
struct None {
  static constexpr int kMacs = 16;
  static void step(__m256i& sum, __m256i a, __m256i w, __m256i) {
    __m256i product;
    asm volatile(
        "vpmaddwd %[w], %[a], %[product]\n\t"
        "vpaddd %[product], %[sum], %[sum]"
        : [sum] "+x"(sum), [product] "=&x"(product)
        : [a] "x"(a), [w] "x"(w));
  }
};

double cpu_seconds() {
  timespec t = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

template <typename Loop>
double seconds_of_loop() {
  __m256i sums[kChains] = {};
  const __m256i a = _mm256_set1_epi8(1), w = _mm256_set1_epi8(2), ones = _mm256_set1_epi16(1);
  const double begin = cpu_seconds();
  for (int step = 0; step < kSteps; ++step) {
#pragma GCC unroll 8
    for (__m256i& sum : sums) Loop::step(sum, a, w, ones);
  }
  return cpu_seconds() - begin;
}

template <typename Loop>
double best_rate() {
  double best = seconds_of_loop<Loop>();
  for (int i = 0; i < 2000; ++i) best = std::min(best, seconds_of_loop<Loop>());
  return static_cast<double>(kSteps) * kChains * Loop::kMacs / best;
}

}  // namespace

double avx2_ceiling(LaneBound bound) {
  switch (bound) {
    case LaneBound::fours:
      return best_rate<Fours>();
    case LaneBound::pairs:
      return best_rate<Pairs>();
    case LaneBound::none:
      return best_rate<None>();
  }
  return 0;
}

}  // namespace octavo::bench
