// Where the time of a run goes. Emitted code hands each kernel a Step instead of a Context:
//
//   linear_s8(run.step(12), rows, …);
//
// It lives until the end of that statement and so times the call; the kernel reports what it computes (report), the pool
// what each thread did. While nobody profiles, a Step is a copy of the context and a branch that is never taken.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "runtime/context.h"
#include "runtime/inner_loop.h"

namespace octavo {

// What a call cannot do without, whatever its implementation: the operands of a roofline.
struct Work {
  const char* kernel = nullptr;  // which one ran: "linear_s8_fours_4x16__avx2", "layer_norm"
  const char* isa = nullptr;     // "avx2", where the name does not say it and there is more than one
  InnerLoop loop = InnerLoop::none;
  int64_t m = 0, n = 0, k = 0;   // of a product; of anything else, m rows of n elements
  int64_t macs = 0;              // multiply-accumulates
  int64_t weight_bytes = 0;      // of the weights file, read
  int64_t activation_bytes = 0;  // read and written
};

// What one thread did of one parallel region.
struct Span {
  int thread;
  int64_t begin_ns, end_ns;  // of the monotonic clock
};

struct StepProfile {
  int step;  // the index in Program::steps
  Work work;
  int64_t begin_ns, end_ns;
  std::span<const Span> spans;  // lives until the callback returns
};
// Called after each step, from the thread that runs the session. It must not throw.
using Profiler = std::function<void(const StepProfile&)>;

int64_t monotonic_ns();

// The steps of one session's runs. One thread at a time calls it; only the Spans of a region are filled by their threads.
class Profile {
 public:
  explicit Profile(Profiler profiler) : profiler_(std::move(profiler)) {}

  void begin(int step);
  void end() noexcept;
  // A step may consist of several kernels: what they compute adds up, and the one with the most products names it.
  void add(const Work& work);
  // One Span for each of `threads`, valid until the next region; a thread that takes no part leaves end_ns 0.
  Span* region(int threads);

  // Of the step that the calling thread is in, or null.
  static Profile* current();

 private:
  Profiler profiler_;
  StepProfile step_ = {};
  int64_t most_macs_ = 0;
  std::vector<Span> spans_;
};

// The context of one call of the program.
class Step : public Context {
 public:
  Step(const Context& context, int index) : Context(context) {
    if (profile != nullptr) profile->begin(index);
  }
  ~Step() {
    if (profile != nullptr) profile->end();
  }
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;
};

inline void report(const Context& ctx, const Work& work) {
  if (ctx.profile != nullptr) ctx.profile->add(work);
}

}  // namespace octavo
