// A persistent pool. The caller is thread 0 and takes part; a pool of one starts no thread. Work is split
// statically, so which thread computes what never depends on timing, and no result depends on the split at
// all.
//
// Workers spin about 50 us after their last task, then sleep. A parallel region allocates nothing. Regions of
// different sessions on one pool run one after the other; a region opened inside a region runs on its own
// thread alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

namespace octavo {

class Threads {
 public:
  // Bytes of scratch that each thread owns for the length of a task.
  static constexpr size_t kScratchBytes = 512 * 1024;

  // count 0: one per CPU the process may run on.
  explicit Threads(int count = 0);
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  int count() const { return count_; }

  // Calls body(begin, end, thread) on disjoint ranges that cover [0, tasks), each a multiple of grain except
  // the last; at most one range per thread. Returns when all are done. The first exception thrown by a body
  // is rethrown here.
  template <typename Body>
  void parallel(int64_t tasks, int64_t grain, Body&& body) {
    using Plain = std::remove_reference_t<Body>;
    run(
        tasks, grain,
        [](void* self, int64_t begin, int64_t end, int thread) { (*static_cast<Plain*>(self))(begin, end, thread); },
        const_cast<void*>(static_cast<const void*>(std::addressof(body))));
  }

  // 64-byte aligned, kScratchBytes long; for the body running on `thread`.
  void* scratch(int thread) const;

 private:
  using Function = void (*)(void* self, int64_t begin, int64_t end, int thread);
  void run(int64_t tasks, int64_t grain, Function function, void* self);
  void run_region(int64_t tasks, int64_t grain, Function function, void* self);

  struct Pool;
  std::unique_ptr<Pool> pool_;
  int count_;
};

}  // namespace octavo
