// One thread of a pool (threads.h): given a task, done, given the next. Between two tasks it stays awake for about 50 us,
// then sleeps; whoever waits for it does the same. Neither side makes a system call while the other is awake.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <thread>

namespace octavo {

// A counter that one thread raises and one other waits for.
class Signal {
 public:
  void raise();
  // Returns when the counter is no longer `seen`, with its new value.
  uint32_t wait(uint32_t seen, bool spin);
  bool raised(uint32_t seen) const { return value_.load(std::memory_order_acquire) != seen; }

 private:
  std::atomic<uint32_t> value_{0};
  std::atomic<bool> asleep_{false};
};

class Worker {
 public:
  struct Task {
    void (*function)(void* self, int64_t begin, int64_t end, int thread);
    void* self;
    int64_t begin, end;
    int thread;
  };

  // spin: whether to stay awake between tasks. Not where threads outnumber CPUs: then it keeps another from working.
  explicit Worker(bool spin);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // From start to wait nobody else may use the worker. In between, help does the task here if the worker, asleep or without
  // a CPU, has not begun it. wait gives what the task threw, or null.
  void start(const Task& task);
  void help();
  std::exception_ptr wait();

  Worker* next = nullptr;  // in the list of whoever has it

 private:
  void loop();

  const bool spin_;
  alignas(64) Signal given_;
  std::atomic<bool> untaken_{false};  // whoever makes it false does the task
  Task task_{};                       // function null: end
  alignas(64) Signal done_;           // by the worker
  std::exception_ptr error_;
  // Of the one who waits.
  alignas(64) uint32_t done_seen_ = 0;
  bool helped_ = false;
  std::thread thread_;
};

// What a thread is doing: -1, or its number in the parallel region whose body it runs.
extern thread_local int thread_in_region;

// Runs the task on this thread.
std::exception_ptr perform(const Worker::Task& task);

}  // namespace octavo
