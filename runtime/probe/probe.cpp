#include "runtime/probe/probe.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include "runtime/cpu.h"
#include "runtime/probe/loops.h"
#include "runtime/profile.h"
#include "runtime/tensor.h"

namespace octavo::probe {
namespace {

// A round is long beside the start of one and short beside a time slice. Rounds go on for a while, so that some meet a
// moment without neighbours.
constexpr int64_t kRoundNs = 100'000, kProbeNs = 40'000'000;
constexpr int kLeastRounds = 8;

MultiplyLoop multiply_loop([[maybe_unused]] InnerLoop loop) {
#if defined(OCTAVO_HAVE_X86)
  if (this_cpu().avx2) return avx2::multiply_loop(loop);
#endif
  return nullptr;
}

void read_words(const std::byte* begin, int64_t bytes) {
  uint64_t seen[8] = {};
  for (int64_t i = 0; i < bytes; i += static_cast<int64_t>(sizeof seen)) {
    uint64_t words[8];
    std::memcpy(words, begin + i, sizeof words);
    for (int j = 0; j < 8; ++j) seen[j] |= words[j];
  }
  for (uint64_t& word : seen) asm volatile("" : "+r"(word));
}

ReadLoop read_loop() {
#if defined(OCTAVO_HAVE_X86)
  if (this_cpu().avx2) return avx2::read;
#endif
  return read_words;
}

// All threads meet, then each calls body(thread); again and again. Returns the nanoseconds of the fastest round, from the
// first beginning to the last end.
template <typename Body>
int64_t fastest_round(Threads& threads, Body body) {
  const int count = threads.count();
  std::vector<Span> spans(static_cast<size_t>(count));
  std::atomic<int> arrived{0};
  std::atomic<bool> stop{false};
  const auto meet = [&](int meeting) {
    arrived.fetch_add(1);
    for (int spins = 0; arrived.load() < meeting * count; ++spins)
      if (spins > 10'000) std::this_thread::yield();
  };
  int64_t best = INT64_MAX;
  const int64_t start = monotonic_ns();
  const auto rounds = [&](int thread) {
    for (int round = 0;; ++round) {
      meet(2 * round + 1);
      if (stop.load()) return;
      const int64_t begin = monotonic_ns();
      body(thread);
      spans[static_cast<size_t>(thread)] = {thread, begin, monotonic_ns()};
      meet(2 * round + 2);
      if (thread != 0) continue;
      int64_t first = INT64_MAX, last = 0;
      for (const Span& span : spans) first = std::min(first, span.begin_ns), last = std::max(last, span.end_ns);
      best = std::min(best, std::max<int64_t>(last - first, 1));
      stop.store(round + 1 >= kLeastRounds && last - start > kProbeNs);
    }
  };
  threads.parallel(count, 1, [&](int64_t, int64_t, int thread) { rounds(thread); });
  return best;
}

// How often to repeat a body on one thread for a round of about kRoundNs.
template <typename Body>
int64_t repeats_of_round(Body body) {
  for (int64_t repeats = 1;; repeats *= 2) {
    const int64_t begin = monotonic_ns();
    body(repeats);
    if (monotonic_ns() - begin > kRoundNs / 2) return repeats;
  }
}

double per_second(int64_t amount, int64_t ns) { return static_cast<double>(amount) * 1e9 / static_cast<double>(ns); }

constexpr int64_t kGrain = 256, kPiece = 16 * kGrain;

// Reads its part of the memory piece by piece, from the start again after the end.
struct Reader {
  const std::byte* begin;
  int64_t bytes;
  int64_t at = 0;
  ReadLoop read = read_loop();

  void next(int64_t count) {
    while (count > 0) {
      const int64_t now = std::min(count, bytes - at);
      read(begin + at, now);
      at = (at + now) % bytes;
      count -= now;
    }
  }
};

struct Free {
  void operator()(std::byte* p) const { std::free(p); }
};

}  // namespace

double clock_hz() {
#if defined(__x86_64__)
  constexpr int64_t kAdditions = 16, kSteps = 8192;
  Threads caller(1);
  const int64_t ns = fastest_round(caller, [](int) {
    uint64_t x = 1;
    const uint64_t y = 3;
    // Of two registers: recent CPUs add a constant without executing anything.
    for (int64_t step = 0; step < kSteps; ++step)
      asm volatile(
          "add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n"
          "add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n"
          : "+r"(x)
          : "r"(y)
          : "cc");
  });
  return per_second(kAdditions * kSteps, ns);
#else
  return 0;
#endif
}

double multiply_rate(InnerLoop loop, Threads& threads) {
  const MultiplyLoop run = multiply_loop(loop);
  if (run == nullptr) return 0;
  const int64_t steps = repeats_of_round(run);
  const int64_t macs = run(steps) * threads.count();
  return per_second(macs, fastest_round(threads, [&](int) { run(steps); }));
}

// A round reads the next piece of each thread's part, so it is short however large the whole is.
double read_rate(int64_t bytes, Threads& threads) {
  const int64_t part = round_up(std::max<int64_t>(bytes / threads.count(), kGrain), kGrain);
  const int64_t size = part * threads.count();
  const std::unique_ptr<std::byte, Free> memory(
      static_cast<std::byte*>(std::aligned_alloc(kGrain, static_cast<size_t>(size))));
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory.get(), 1, static_cast<size_t>(size));
  std::vector<Reader> readers;
  for (int thread = 0; thread < threads.count(); ++thread) readers.push_back({memory.get() + thread * part, part});
  const int64_t pieces = repeats_of_round([&](int64_t n) { readers[0].next(n * kPiece); });
  const int64_t ns =
      fastest_round(threads, [&](int thread) { readers[static_cast<size_t>(thread)].next(pieces * kPiece); });
  return per_second(pieces * kPiece * threads.count(), ns);
}

}  // namespace octavo::probe
