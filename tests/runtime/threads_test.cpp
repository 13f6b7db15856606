#include "runtime/threads.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <future>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "runtime/worker.h"

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
  std::barrier both(2);  // so that neither does the other's part
  two.parallel(2, 1, [&](int64_t, int64_t, int t) {
    ids[static_cast<size_t>(t)] = std::this_thread::get_id();
    both.arrive_and_wait();
  });
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

// Whether `when` came true; a test that has a fault should fail, not hang.
template <typename When>
bool wait_until(When when) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!when()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::yield();
  }
  return true;
}

// Each of the two in turn is held in the first units it takes until the other has done all the rest, its share too.
TEST(Threads, WhoIsDoneTakesFromTheOthers) {
  constexpr int64_t kTasks = 64;
  Threads pool(2);
  const Threads::Call call(pool);
  for (int held : {0, 1}) {
    EXPECT_TRUE(wait_until([&] {  // a worker that comes too late finds nothing to be held in
      std::atomic<int64_t> done{0};
      std::atomic<bool> is_held{false};
      pool.parallel(kTasks, 1, [&](int64_t begin, int64_t end, int thread) {
        if (thread == held && !is_held.exchange(true)) {
          EXPECT_LT(end - begin, kTasks / 2);
          EXPECT_TRUE(wait_until([&] { return done == kTasks - (end - begin); }));
        } else if (!is_held && held == 0) {
          EXPECT_TRUE(wait_until([&] { return is_held.load(); }));
        }
        done += end - begin;
      });
      EXPECT_EQ(done.load(), kTasks);
      return is_held.load();
    }));
  }
}

TEST(Threads, AWorkerThatHasNotBegunIsNotWaitedFor) {
  Worker worker(true);
  std::atomic<int> done{0};
  const auto note = [](void* self, int64_t, int64_t, int) { ++*static_cast<std::atomic<int>*>(self); };
  const Region region{note, &done, 1, 1};
  const auto came_too_late = [&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // it falls asleep; to wake it takes longer than to wait
    const int before = done;
    worker.share().set(0, 1, &worker.share());
    worker.start(region, 1);
    EXPECT_EQ(worker.wait(), nullptr);
    int64_t begin, end;
    const bool left = worker.share().take(begin, end);
    EXPECT_EQ(done - before, left ? 0 : 1);
    return left;
  };
  EXPECT_TRUE(wait_until(came_too_late));
}

TEST(Threads, SeveralCallersShareOnePool) {
  Threads pool(3);
  std::vector<std::thread> callers;
  std::atomic<int> wrong{0};
  for (int c = 0; c < 4; ++c)
    callers.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        std::vector<int> marks(17, 0);
        pool.parallel(17, 1, [&](int64_t begin, int64_t end, int) {
          auto* scratch = static_cast<int*>(Threads::scratch());
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

// Before, the second caller would have waited for the first one's region, which here waits for the second.
TEST(Threads, NobodyWaitsForAnothersRegion) {
  Threads pool(2);
  std::promise<void> second_is_done;
  std::promise<void> first_is_inside;
  auto released = second_is_done.get_future().share();
  std::atomic<bool> told{false};
  std::thread first([&] {
    pool.parallel(2, 1, [&](int64_t, int64_t, int) {
      if (!told.exchange(true)) first_is_inside.set_value();
      EXPECT_EQ(released.wait_for(std::chrono::seconds(20)), std::future_status::ready);
    });
  });
  first_is_inside.get_future().wait();
  std::atomic<int64_t> sum{0};
  pool.parallel(10, 1, [&](int64_t begin, int64_t end, int) { sum += end - begin; });
  EXPECT_EQ(sum.load(), 10);
  second_is_done.set_value();
  first.join();
}

// After one region each, the calls in progress have divided the pool: as many bodies run at once as it counts (all callers
// at least), never more.
TEST(Threads, CallsInProgressDivideThePool) {
  for (const auto& [threads, callers] :
       std::initializer_list<std::pair<int, int>>{{2, 2}, {3, 2}, {5, 3}, {4, 1}, {2, 3}}) {
    Threads pool(threads);
    const int all_at_once = std::max(threads, callers);
    std::atomic<int> running{0}, most{0};
    const auto measure = [&, all_at_once](int64_t, int64_t, int) {
      const int now = ++running;
      for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
      }
      EXPECT_TRUE(wait_until([&] { return most >= all_at_once; }));
      --running;
    };
    const auto nothing = [](int64_t, int64_t, int) {};
    std::barrier settled(callers, [&]() noexcept { most = 0; });
    std::vector<std::thread> all;
    for (int c = 0; c < callers; ++c)
      all.emplace_back([&] {
        const Threads::Call call(pool);
        for (int i = 0; i < 3; ++i) {  // some give back, then others take
          settled.arrive_and_wait();
          pool.parallel(threads, 1, nothing);
        }
        for (int i = 0; i < 20; ++i) {
          settled.arrive_and_wait();
          pool.parallel(threads, 1, measure);
          EXPECT_LE(most.load(), all_at_once);
        }
        settled.arrive_and_wait();
      });
    for (std::thread& t : all) t.join();
  }
}

TEST(Threads, WorkersComeBackWhenACallEnds) {
  Threads pool(3);
  // A body waits for as many others; the last would wait in vain.
  const auto together = [&](int expected) {
    std::atomic<int> inside{0};
    pool.parallel(expected, 1, [&](int64_t, int64_t, int) {
      ++inside;
      EXPECT_TRUE(wait_until([&] { return inside == expected; }));
    });
  };
  const Threads::Call mine(pool);
  together(3);
  std::barrier step(2);
  std::thread other([&] {
    const Threads::Call call(pool);
    step.arrive_and_wait();
    step.arrive_and_wait();
  });
  step.arrive_and_wait();
  std::set<int> numbers;
  std::mutex mutex;
  pool.parallel(300, 1, [&](int64_t, int64_t, int thread) {
    const std::lock_guard lock(mutex);
    numbers.insert(thread);
  });
  EXPECT_LE(*numbers.rbegin(), 1);
  together(2);
  step.arrive_and_wait();
  other.join();
  together(3);
}

TEST(Threads, EqualCountsShareAPool) {
  const auto a = Threads::shared(3), b = Threads::shared(3), c = Threads::shared(2);
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
  EXPECT_EQ(a->count(), 3);
  EXPECT_EQ(c->count(), 2);
}

TEST(Threads, FollowTheAffinityOfWhoeverMakesThem) {
  cpu_set_t all, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &one);
  const auto elsewhere = Threads::shared(2);
  std::thread([&] {
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(Threads().count(), 1);
    const auto pinned = Threads::shared(2);
    if (CPU_COUNT(&all) > 1) {
      EXPECT_NE(pinned, elsewhere);
    }
    std::atomic<int> strangers{0};
    pinned->parallel(2, 1, [&](int64_t, int64_t, int) {
      cpu_set_t mine;
      strangers += sched_getaffinity(0, sizeof mine, &mine) != 0 || !CPU_EQUAL(&mine, &one);
    });
    EXPECT_EQ(strangers.load(), 0);
  }).join();
  cpu_set_t after;
  ASSERT_EQ(sched_getaffinity(0, sizeof after, &after), 0);
  EXPECT_TRUE(CPU_EQUAL(&after, &all));
}

}  // namespace
}  // namespace octavo
