// One thread of a pool (threads.h): given a region, done, given the next. Between two it stays awake for about 50 us,
// then sleeps; whoever waits for it does the same. Neither side makes a system call while the other is awake.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <thread>
#include <utility>

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

// A body over the units of a parallel region: unit u is the tasks [u * grain, (u + 1) * grain), as far as there are so many.
struct alignas(64) Region {
  void (*function)(void* self, int64_t begin, int64_t end, int thread);
  void* self;
  int64_t tasks, grain;
};

// The units of a region that one of its threads begins with; whoever is done with its own takes from the others'. In a ring.
class alignas(64) Share {
 public:
  void set(int64_t begin, int64_t end, Share* next);
  // The next units, a third of what is left, so that a thread that loses its CPU leaves most of its share to the others, but
  // an eighth of all at least: threads that keep pace should not take the last units from each other, whose data they
  // would wait for. False when none is left.
  bool take(int64_t& begin, int64_t& end);
  Share* next() const { return next_; }

 private:
  std::atomic<int64_t> begin_{0};
  int64_t end_ = 0, least_ = 1;
  Share* next_ = nullptr;
};

class Worker {
 public:
  // spin: whether to stay awake between regions. Not where threads outnumber CPUs: then it keeps another from working.
  explicit Worker(bool spin);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // From start to wait nobody else may use the worker, and region and the ring of its share stay as they are. wait keeps a
  // worker that has not begun, asleep or without a CPU, from doing so, and waits for one that has; it gives what a body
  // threw, or null. Whoever calls it has seen to the units that are left.
  void start(const Region& region, int thread);
  std::exception_ptr wait();

  Share& share() { return share_; }

  Worker* next = nullptr;  // in the list of whoever has it

 private:
  void loop();

  Share share_;
  const bool spin_;
  alignas(64) Signal given_;
  std::atomic<bool> open_{false};   // to begin; whoever makes it false decides whether the worker takes part
  const Region* region_ = nullptr;  // null: end
  int thread_number_ = 0;
  alignas(64) Signal done_;  // by the worker
  std::exception_ptr error_;
  alignas(64) uint32_t done_seen_ = 0;  // of the one who waits
  std::thread thread_;
};

// What a thread is doing: -1, or its number in the parallel region whose body it runs.
extern thread_local int thread_in_region;

class InRegion {
 public:
  explicit InRegion(int thread) : before_(std::exchange(thread_in_region, thread)) {}
  ~InRegion() { thread_in_region = before_; }
  InRegion(const InRegion&) = delete;
  InRegion& operator=(const InRegion&) = delete;

 private:
  int before_;
};

// Runs the units of its own share on this thread, then those that the others have not taken, until none is left or a body
// throws; gives what it threw, or null.
std::exception_ptr perform(const Region& region, Share& own, int thread);

}  // namespace octavo
