// A persistent pool. The caller is thread 0 and takes part; a pool of one starts no thread. Work is split into one share a
// thread, taken a third of the rest at a time; whoever is done with its own goes on with what is left of the others', so
// that a thread that sleeps, or shares its core with another program, holds nobody up for long. No result depends on the
// split. A parallel region allocates nothing, takes no lock and makes no system call while its threads are awake: workers
// stay so for about 50 us after a region, then sleep.
//
// Several callers on one pool share it: each works on its own thread, and the workers that are left are divided among the
// calls in progress (Threads::Call), so that no more threads run than the pool counts, callers beyond that count aside.
// Nobody waits for another's region. A region opened inside a region runs on its own thread alone.
//
// Workers run where the thread that made the pool may run; the affinity of callers is left alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

namespace octavo {

class Worker;

class Threads {
 public:
  // Bytes of scratch that each thread owns for the length of a task.
  static constexpr size_t kScratchBytes = 512 * 1024;

  // A pool of its own. count 0: one per CPU the process may run on.
  explicit Threads(int count = 0);
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  // The pool that all who ask for this count share, as long as one of them lives; callers whose threads may run on other
  // CPUs get another.
  static std::shared_ptr<Threads> shared(int count = 0);

  int count() const { return count_; }

  // Calls body(begin, end, thread) on disjoint ranges that cover [0, tasks), each a multiple of grain except the last;
  // thread < count(), and ranges of the same `thread` run one after the other. Returns when all are done. The first
  // exception thrown by a body is rethrown here.
  template <typename Body>
  void parallel(int64_t tasks, int64_t grain, Body&& body) {
    using Plain = std::remove_reference_t<Body>;
    run(
        tasks, grain,
        [](void* self, int64_t begin, int64_t end, int thread) { (*static_cast<Plain*>(self))(begin, end, thread); },
        const_cast<void*>(static_cast<const void*>(std::addressof(body))));
  }

  // Of the calling thread: 64-byte aligned, kScratchBytes long, made when it first asks. Workers have theirs from the start.
  static void* scratch();

  // Holds workers for the regions that this thread opens until the end of the scope: what a run of a model is. A region
  // outside any Call is one of its own.
  class Call {
   public:
    explicit Call(Threads& threads);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    friend class Threads;
    void take_share();

    Threads& threads_;
    Call* outer_;                // of this thread
    Worker* workers_ = nullptr;  // a list
    int worker_count_ = 0;
    uint32_t seen_ = 0;  // Pool::changes
  };

 private:
  using Function = void (*)(void* self, int64_t begin, int64_t end, int thread);
  void run(int64_t tasks, int64_t grain, Function function, void* self);
  void run_region(int64_t tasks, int64_t grain, Function function, void* self);

  struct Pool;
  std::unique_ptr<Pool> pool_;
  int count_;
};

}  // namespace octavo
