#include "runtime/threads.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/profile.h"

namespace octavo {
namespace {

// Set while a thread runs a body: a region opened there must not wait for the pool it is part of.
struct Inside {
  const void* pool = nullptr;
  int thread = 0;
};
thread_local Inside inside;

void pause_cpu() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

int cpus_of_process() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1u, std::thread::hardware_concurrency());
}

// Waits until `value` differs from `seen`: about 50 us awake, then asleep (a futex, on Linux).
uint32_t wait_for_change(const std::atomic<uint32_t>& value, uint32_t seen) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::microseconds(50);
  do {
    for (int i = 0; i < 64; ++i) {
      const uint32_t now = value.load(std::memory_order_acquire);
      if (now != seen) return now;
      pause_cpu();
    }
  } while (std::chrono::steady_clock::now() < give_up);
  for (;;) {
    value.wait(seen, std::memory_order_acquire);
    const uint32_t now = value.load(std::memory_order_acquire);
    if (now != seen) return now;
  }
}

struct Free {
  void operator()(void* p) const { std::free(p); }
};

// A region whose parts are timed, each thread into its own Span.
struct TimedRegion {
  void (*function)(void* self, int64_t begin, int64_t end, int thread);
  void* self;
  Span* spans;

  static void part(void* region, int64_t begin, int64_t end, int thread) {
    const auto& timed = *static_cast<const TimedRegion*>(region);
    Span& span = timed.spans[thread];
    span.begin_ns = monotonic_ns();
    timed.function(timed.self, begin, end, thread);
    span.end_ns = monotonic_ns();
  }
};

}  // namespace

struct Threads::Pool {
  std::mutex region;  // one parallel region at a time
  alignas(64) std::atomic<uint32_t> generation{0};
  alignas(64) std::atomic<uint32_t> running{0};
  alignas(64) std::atomic<bool> stop{false};
  int64_t tasks = 0, grain = 1;
  Function function = nullptr;
  void* self = nullptr;
  std::vector<std::exception_ptr> errors;
  std::vector<std::unique_ptr<void, Free>> scratch;
  std::vector<std::thread> workers;

  ~Pool() {
    stop.store(true, std::memory_order_relaxed);
    generation.fetch_add(1, std::memory_order_release);
    generation.notify_all();
    for (std::thread& t : workers) t.join();
  }

  void work(int thread, int count) {
    const int64_t units = (tasks + grain - 1) / grain;
    const int64_t begin = units * thread / count * grain;
    const int64_t end = std::min(units * (thread + 1) / count * grain, tasks);
    if (begin >= end) return;
    const Inside before = std::exchange(inside, Inside{this, thread});
    try {
      function(self, begin, end, thread);
    } catch (...) {
      errors[static_cast<size_t>(thread)] = std::current_exception();
    }
    inside = before;
  }

  void worker(int thread, int count) {
    uint32_t seen = 0;
    for (;;) {
      seen = wait_for_change(generation, seen);
      if (stop.load(std::memory_order_relaxed)) return;
      work(thread, count);
      if (running.fetch_sub(1, std::memory_order_acq_rel) == 1) running.notify_one();
    }
  }

  void rethrow() {
    std::exception_ptr first;
    for (std::exception_ptr& e : errors) {
      if (e && !first) first = e;
      e = nullptr;
    }
    if (first) std::rethrow_exception(first);
  }
};

Threads::Threads(int count) : pool_(std::make_unique<Pool>()), count_(count > 0 ? count : cpus_of_process()) {
  pool_->errors.resize(static_cast<size_t>(count_));
  for (int i = 0; i < count_; ++i) {
    void* p = std::aligned_alloc(64, kScratchBytes);
    if (p == nullptr) throw std::bad_alloc();
    pool_->scratch.emplace_back(p);
  }
  for (int i = 1; i < count_; ++i)
    pool_->workers.emplace_back([pool = pool_.get(), i, n = count_] { pool->worker(i, n); });
}

Threads::~Threads() = default;

void* Threads::scratch(int thread) const { return pool_->scratch[static_cast<size_t>(thread)].get(); }

void Threads::run(int64_t tasks, int64_t grain, Function function, void* self) {
  if (tasks <= 0) return;
  if (inside.pool == pool_.get()) return function(self, 0, tasks, inside.thread);
  if (Profile* profile = Profile::current(); profile != nullptr) {
    TimedRegion timed{function, self, profile->region(count_)};
    return run_region(tasks, grain, TimedRegion::part, &timed);
  }
  run_region(tasks, grain, function, self);
}

void Threads::run_region(int64_t tasks, int64_t grain, Function function, void* self) {
  const std::lock_guard lock(pool_->region);
  Pool& p = *pool_;
  p.tasks = tasks;
  p.grain = grain;
  p.function = function;
  p.self = self;
  if (count_ > 1 && tasks > grain) {
    p.running.store(static_cast<uint32_t>(count_ - 1), std::memory_order_relaxed);
    p.generation.fetch_add(1, std::memory_order_release);
    p.generation.notify_all();
    p.work(0, count_);
    for (uint32_t left = p.running.load(std::memory_order_acquire); left != 0;) left = wait_for_change(p.running, left);
  } else {
    p.work(0, 1);
  }
  p.rethrow();
}

}  // namespace octavo
