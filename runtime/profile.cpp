#include "runtime/profile.h"

#include <algorithm>
#include <chrono>

namespace octavo {
namespace {
thread_local Profile* active = nullptr;
}

int64_t monotonic_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Profile* Profile::current() { return active; }

void Profile::begin(int step) {
  step_ = {.step = step, .work = {}, .begin_ns = 0, .end_ns = 0, .spans = {}};
  most_macs_ = -1;
  spans_.clear();
  active = this;
  step_.begin_ns = monotonic_ns();
}

void Profile::end() noexcept {
  step_.end_ns = monotonic_ns();
  active = nullptr;
  std::erase_if(spans_, [](const Span& span) { return span.end_ns == 0; });
  step_.spans = spans_;
  profiler_(step_);
}

void Profile::add(const Work& work) {
  Work& sum = step_.work;
  const Work before = sum;
  if (work.macs > most_macs_) {
    most_macs_ = work.macs;
    sum = work;
  }
  sum.macs = before.macs + work.macs;
  sum.weight_bytes = before.weight_bytes + work.weight_bytes;
  sum.activation_bytes = before.activation_bytes + work.activation_bytes;
}

Span* Profile::region(int threads) {
  const size_t first = spans_.size();
  for (int thread = 0; thread < threads; ++thread) spans_.push_back({thread, 0, 0});
  return spans_.data() + first;
}

}  // namespace octavo
