#include <algorithm>
#include <chrono>
#include <cstring>
#include <vector>

#include "bench/kernels/ceiling.h"
#include "runtime/threads.h"

namespace octavo::bench {
namespace {

constexpr int64_t kBytes = int64_t{256} << 20;

uint64_t sum_of(const uint64_t* p, int64_t n) {
  uint64_t sums[8] = {};
  for (int64_t i = 0; i < n; i += 8)
    for (int64_t j = 0; j < 8; ++j) sums[j] += p[i + j];
  uint64_t all = 0;
  for (const uint64_t sum : sums) all += sum;
  return all;
}

}  // namespace

double memory_bandwidth(int threads) {
  Threads pool(threads);
  const std::vector<uint64_t> memory(kBytes / sizeof(uint64_t), 1);
  double best = 0;
  volatile uint64_t sink = 0;
  for (int i = 0; i < 8; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    pool.parallel(kBytes / 64, 1, [&](int64_t first, int64_t last, int) {
      sink = sum_of(memory.data() + first * 8, (last - first) * 8);
    });
    best = std::max(best, kBytes / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

}  // namespace octavo::bench
