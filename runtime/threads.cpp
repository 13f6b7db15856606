#include "runtime/threads.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/profile.h"
#include "runtime/worker.h"

namespace octavo {
namespace {

// Empty where the system does not say.
cpu_set_t cpus_of_thread() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) CPU_ZERO(&set);
  return set;
}

int usable_cpus() {
  const cpu_set_t set = cpus_of_thread();
  const int count = CPU_COUNT(&set);
  return count > 0 ? count : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

// A region whose parts are timed, each thread into its own Span.
struct TimedRegion {
  void (*function)(void* self, int64_t begin, int64_t end, int thread);
  void* self;
  Span* spans;

  static void part(void* region, int64_t begin, int64_t end, int thread) {
    const auto& timed = *static_cast<const TimedRegion*>(region);
    Span& span = timed.spans[thread];
    if (span.end_ns == 0) span.begin_ns = monotonic_ns();  // the caller may do several
    timed.function(timed.self, begin, end, thread);
    span.end_ns = monotonic_ns();
  }
};

struct Free {
  void operator()(void* p) const { std::free(p); }
};

}  // namespace

struct Threads::Pool {
  std::mutex mutex;  // of what follows; taken when `changes` moved, so hardly ever in a region
  std::vector<std::unique_ptr<Worker>> workers;
  Worker* idle = nullptr;
  int idle_count = 0;
  int calls = 0;
  std::atomic<uint32_t> changes{0};  // calls that came and went, workers given back

  void changed() { changes.fetch_add(1, std::memory_order_release); }
};

namespace {
thread_local Threads::Call* current_call = nullptr;

void move_first(Worker*& from, int& from_count, Worker*& to, int& to_count) {
  Worker* worker = std::exchange(from, from->next);
  worker->next = std::exchange(to, worker);
  --from_count;
  ++to_count;
}
}  // namespace

Threads::Call::Call(Threads& threads) : threads_(threads), outer_(std::exchange(current_call, this)) {
  if (threads_.count_ == 1) return;
  const std::lock_guard lock(threads_.pool_->mutex);
  ++threads_.pool_->calls;
  threads_.pool_->changed();
  seen_ = threads_.pool_->changes.load(std::memory_order_relaxed) - 1;  // the first region takes the share
}

Threads::Call::~Call() {
  current_call = outer_;
  Pool& pool = *threads_.pool_;
  if (threads_.count_ == 1) return;
  const std::lock_guard lock(pool.mutex);
  while (worker_count_ > 0) move_first(workers_, worker_count_, pool.idle, pool.idle_count);
  --pool.calls;
  pool.changed();
}

// Each call has its own thread and an equal part of the others, rounded up; together never more than count().
void Threads::Call::take_share() {
  Pool& pool = *threads_.pool_;
  if (pool.changes.load(std::memory_order_acquire) == seen_) return;
  const std::lock_guard lock(pool.mutex);
  const int all = static_cast<int>(pool.workers.size());
  const int elsewhere = all - pool.idle_count - worker_count_;
  const int equal = (threads_.count_ + pool.calls - 1) / pool.calls - 1;
  const int target = std::max(0, std::min(equal, threads_.count_ - pool.calls - elsewhere));
  const bool gives_back = worker_count_ > target;
  while (worker_count_ > target) move_first(workers_, worker_count_, pool.idle, pool.idle_count);
  while (worker_count_ < target && pool.idle_count > 0) move_first(pool.idle, pool.idle_count, workers_, worker_count_);
  if (gives_back) pool.changed();
  seen_ = pool.changes.load(std::memory_order_relaxed);
}

Threads::Threads(int count) : pool_(std::make_unique<Pool>()), count_(count > 0 ? count : usable_cpus()) {
  const bool spin = count_ <= usable_cpus();
  for (int i = 1; i < count_; ++i) {
    Worker& worker = *pool_->workers.emplace_back(std::make_unique<Worker>(spin));
    worker.next = std::exchange(pool_->idle, &worker);
    ++pool_->idle_count;
  }
}

Threads::~Threads() = default;

std::shared_ptr<Threads> Threads::shared(int count) {
  struct Entry {
    int count;
    cpu_set_t cpus;
    std::weak_ptr<Threads> pool;
  };
  static std::mutex mutex;
  static std::vector<Entry> entries;
  const int wanted = count > 0 ? count : usable_cpus();
  const cpu_set_t cpus = cpus_of_thread();
  const std::lock_guard lock(mutex);
  std::erase_if(entries, [](const Entry& e) { return e.pool.expired(); });
  for (const Entry& e : entries)
    if (e.count == wanted && CPU_EQUAL(&e.cpus, &cpus))
      if (std::shared_ptr<Threads> pool = e.pool.lock()) return pool;
  auto pool = std::make_shared<Threads>(wanted);
  entries.push_back({wanted, cpus, pool});
  return pool;
}

void* Threads::scratch() {
  thread_local const std::unique_ptr<void, Free> mine(std::aligned_alloc(64, kScratchBytes));
  if (mine == nullptr) throw std::bad_alloc();
  return mine.get();
}

void Threads::run(int64_t tasks, int64_t grain, Function function, void* self) {
  if (tasks <= 0) return;
  if (thread_in_region >= 0) return function(self, 0, tasks, thread_in_region);
  if (Profile* profile = Profile::current(); profile != nullptr) {
    TimedRegion timed{function, self, profile->region(count_)};
    return run_region(tasks, grain, TimedRegion::part, &timed);
  }
  run_region(tasks, grain, function, self);
}

void Threads::run_region(int64_t tasks, int64_t grain, Function function, void* self) {
  if (current_call == nullptr || &current_call->threads_ != this) {
    Call call(*this);
    return run_region(tasks, grain, function, self);
  }
  Call& call = *current_call;
  call.take_share();
  const int64_t units = (tasks + grain - 1) / grain;
  const int64_t parts = std::min<int64_t>(1 + call.worker_count_, units);
  if (parts == 1) {
    const InRegion inside(0);
    return function(self, 0, tasks, 0);
  }
  // The ring of shares: the caller's, then each worker's; a worker may begin as soon as it is started, so all stand before.
  const Region region{function, self, tasks, grain};
  Share own;
  Share* next = &own;
  Worker* worker = call.workers_;
  for (int64_t part = 1; part < parts; ++part, worker = worker->next) {
    worker->share().set(units * part / parts, units * (part + 1) / parts, next);
    next = &worker->share();
  }
  own.set(0, units / parts, next);
  worker = call.workers_;
  for (int part = 1; part < parts; ++part, worker = worker->next) worker->start(region, part);
  std::exception_ptr first = perform(region, own, 0);
  worker = call.workers_;
  for (int64_t part = 1; part < parts; ++part, worker = worker->next) {
    std::exception_ptr error = worker->wait();
    if (!first) first = std::move(error);
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace octavo
