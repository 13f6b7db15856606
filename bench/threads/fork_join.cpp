// What a parallel region costs beyond its work: fork and join of an empty one, back to back (workers awake), and after a pause
// in which the workers fell asleep.
//
//   bench_fork_join [threads]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "runtime/threads.h"

namespace {

using Clock = std::chrono::steady_clock;

void region(octavo::Threads& pool) {
  pool.parallel(pool.count(), 1, [](int64_t, int64_t, int) {});
}

// Microseconds a region, `regions` at a time: the smallest and the middle of many samples.
template <typename Before>
void measure(octavo::Threads& pool, const char* what, int samples, int regions, Before before) {
  std::vector<double> us;
  for (int i = 0; i < samples; ++i) {
    before();
    const auto start = Clock::now();
    for (int r = 0; r < regions; ++r) region(pool);
    us.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count() / regions);
  }
  std::sort(us.begin(), us.end());
  std::printf("%-28s min %7.3f us  median %7.3f us\n", what, us.front(), us[us.size() / 2]);
}

}  // namespace

int main(int argc, char** argv) {
  octavo::Threads pool(argc > 1 ? std::atoi(argv[1]) : 0);
  std::printf("%d threads\n", pool.count());
  measure(pool, "awake, each a call", 400, 200, [] {});
  {
    const octavo::Threads::Call call(pool);
    measure(pool, "awake, within one call", 400, 200, [] {});
    measure(pool, "after 2 ms asleep", 200, 1, [] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); });
  }
  return 0;
}
