#include "runtime/worker.h"

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

std::exception_ptr perform(const Worker::Task& task) {
  if (task.begin >= task.end) return nullptr;
  const int before = std::exchange(thread_in_region, task.thread);
  std::exception_ptr error;
  try {
    task.function(task.self, task.begin, task.end, task.thread);
  } catch (...) {
    error = std::current_exception();
  }
  thread_in_region = before;
  return error;
}

Worker::Worker(bool spin) : spin_(spin), thread_([this] { loop(); }) {}

Worker::~Worker() {
  start({});
  thread_.join();
}

void Worker::start(const Task& task) {
  task_ = task;
  helped_ = false;
  untaken_.store(true, std::memory_order_release);
  given_.raise();
}

void Worker::help() {
  if (done_.raised(done_seen_) || !untaken_.load(std::memory_order_relaxed)) return;
  if (!untaken_.exchange(false, std::memory_order_acq_rel)) return;
  helped_ = true;
  Task task = task_;
  task.thread = 0;
  error_ = perform(task);
}

std::exception_ptr Worker::wait() {
  if (!helped_) done_seen_ = done_.wait(done_seen_, spin_);
  return std::exchange(error_, nullptr);
}

void Worker::loop() {
  try {
    (void)Threads::scratch();
  } catch (const std::bad_alloc&) {  // the first task that needs it will say so to its caller
  }
  for (uint32_t seen = 0;;) {
    seen = given_.wait(seen, spin_);
    if (!untaken_.exchange(false, std::memory_order_acq_rel)) continue;  // the caller helped
    if (task_.function == nullptr) return;
    error_ = perform(task_);
    done_.raise();
  }
}

}  // namespace octavo
