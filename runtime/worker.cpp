#include "runtime/worker.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

#include "runtime/threads.h"

namespace octavo {
namespace {

void pause_cpu() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

thread_local int thread_in_region = -1;

// raise: counter, then flag. wait: flag, then counter. In the one order of all four, one of the two sees the other.
void Signal::raise() {
  value_.fetch_add(1, std::memory_order_seq_cst);
  if (asleep_.load(std::memory_order_seq_cst)) value_.notify_one();
}

uint32_t Signal::wait(uint32_t seen, bool spin) {
  if (spin) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::microseconds(50);
    do {
      for (int i = 0; i < 64; ++i) {
        const uint32_t now = value_.load(std::memory_order_acquire);
        if (now != seen) return now;
        pause_cpu();
      }
    } while (std::chrono::steady_clock::now() < give_up);
  }
  asleep_.store(true, std::memory_order_seq_cst);
  uint32_t now = value_.load(std::memory_order_seq_cst);
  for (; now == seen; now = value_.load(std::memory_order_acquire)) value_.wait(seen, std::memory_order_acquire);
  asleep_.store(false, std::memory_order_relaxed);
  return now;
}

void Share::set(int64_t begin, int64_t end, Share* next) {
  begin_.store(begin, std::memory_order_relaxed);
  end_ = end;
  least_ = (end - begin + 7) / 8;
  next_ = next;
}

bool Share::take(int64_t& begin, int64_t& end) {
  begin = begin_.load(std::memory_order_relaxed);
  do {
    if (begin >= end_) return false;
    const int64_t left = end_ - begin;
    end = left < 2 * least_ ? end_ : begin + std::max(left / 3, least_);
  } while (!begin_.compare_exchange_weak(begin, end, std::memory_order_relaxed));
  return true;
}

std::exception_ptr perform(const Region& region, Share& own, int thread) {
  const InRegion inside(thread);
  try {
    Share* share = &own;
    do {
      for (int64_t begin, end; share->take(begin, end);)
        region.function(region.self, begin * region.grain, std::min(end * region.grain, region.tasks), thread);
      share = share->next();
    } while (share != &own);
    return nullptr;
  } catch (...) {
    return std::current_exception();
  }
}

Worker::Worker(bool spin) : spin_(spin), thread_([this] { loop(); }) {}

Worker::~Worker() {
  region_ = nullptr;
  open_.store(true, std::memory_order_release);
  given_.raise();
  thread_.join();
}

void Worker::start(const Region& region, int thread) {
  region_ = &region;
  thread_number_ = thread;
  open_.store(true, std::memory_order_release);
  given_.raise();
}

std::exception_ptr Worker::wait() {
  if (open_.exchange(false, std::memory_order_acq_rel)) return nullptr;
  done_seen_ = done_.wait(done_seen_, spin_);
  return std::exchange(error_, nullptr);
}

void Worker::loop() {
  try {
    (void)Threads::scratch();
  } catch (const std::bad_alloc&) {  // the first body that needs it will say so to its caller
  }
  for (uint32_t seen = 0;;) {
    seen = given_.wait(seen, spin_);
    if (!open_.exchange(false, std::memory_order_acq_rel)) continue;  // the others did it all
    if (region_ == nullptr) return;
    error_ = perform(*region_, share_, thread_number_);
    done_.raise();
  }
}

}  // namespace octavo
