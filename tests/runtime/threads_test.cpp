#include "runtime/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace octavo {
namespace {

TEST(Threads, EveryTaskRunsOnce) {
  for (int threads : {1, 2, 3, 7}) {
    Threads pool(threads);
    for (int64_t tasks : {0, 1, 2, 5, 6, 64, 1001})
      for (int64_t grain : {1, 4, 1000}) {
        std::vector<std::atomic<int>> seen(static_cast<size_t>(tasks));
        pool.parallel(tasks, grain, [&](int64_t begin, int64_t end, int thread) {
          EXPECT_GE(thread, 0);
          EXPECT_LT(thread, threads);
          EXPECT_EQ(begin % grain, 0);
          for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
        });
        for (const auto& n : seen) EXPECT_EQ(n.load(), 1);
      }
  }
}

TEST(Threads, TheCallerTakesPartAndOneThreadMakesNone) {
  Threads one(1);
  std::thread::id id;
  one.parallel(3, 1, [&](int64_t, int64_t, int) { id = std::this_thread::get_id(); });
  EXPECT_EQ(id, std::this_thread::get_id());
  Threads two(2);
  std::vector<std::thread::id> ids(2);
  two.parallel(2, 1, [&](int64_t, int64_t, int t) { ids[static_cast<size_t>(t)] = std::this_thread::get_id(); });
  EXPECT_EQ(ids[0], std::this_thread::get_id());
  EXPECT_NE(ids[1], ids[0]);
}

TEST(Threads, WorksAgainAfterTheWorkersSlept) {
  Threads pool(2);
  for (int i = 0; i < 20; ++i) {
    std::atomic<int64_t> sum{0};
    pool.parallel(10, 1, [&](int64_t begin, int64_t end, int) { sum += end - begin; });
    EXPECT_EQ(sum.load(), 10);
    if (i % 5 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

TEST(Threads, SeveralCallersShareOnePool) {
  Threads pool(3);
  std::vector<std::thread> callers;
  std::atomic<int> wrong{0};
  for (int c = 0; c < 4; ++c)
    callers.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        std::vector<int> marks(17, 0);
        pool.parallel(17, 1, [&](int64_t begin, int64_t end, int thread) {
          auto* scratch = static_cast<int*>(pool.scratch(thread));
          for (int64_t t = begin; t < end; ++t) {
            scratch[0] = static_cast<int>(t);
            marks[static_cast<size_t>(t)] += scratch[0] + 1;
          }
        });
        for (int t = 0; t < 17; ++t) wrong += marks[static_cast<size_t>(t)] != t + 1;
      }
    });
  for (std::thread& t : callers) t.join();
  EXPECT_EQ(wrong.load(), 0);
}

TEST(Threads, ARegionInsideARegionRunsOnItsOwnThread) {
  Threads pool(2);
  std::atomic<int64_t> inner{0};
  pool.parallel(4, 1, [&](int64_t begin, int64_t end, int outer_thread) {
    for (int64_t i = begin; i < end; ++i)
      pool.parallel(5, 1, [&](int64_t b, int64_t e, int thread) {
        EXPECT_EQ(thread, outer_thread);
        inner += e - b;
      });
  });
  EXPECT_EQ(inner.load(), 20);
}

TEST(Threads, AnExceptionReachesTheCallerAndThePoolLivesOn) {
  Threads pool(2);
  for (int64_t bad : {0, 9}) {
    EXPECT_THROW(pool.parallel(10, 1,
                               [&](int64_t begin, int64_t end, int) {
                                 if (begin <= bad && bad < end) throw std::runtime_error("task");
                               }),
                 std::runtime_error);
    std::atomic<int64_t> sum{0};
    pool.parallel(10, 1, [&](int64_t begin, int64_t end, int) { sum += end - begin; });
    EXPECT_EQ(sum.load(), 10);
  }
}

}  // namespace
}  // namespace octavo
