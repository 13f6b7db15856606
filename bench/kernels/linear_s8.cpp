// linear_s8 over the products of MiniLM-L6 and BERT-base, for every kernel this CPU runs:
//
//   KERNEL/SHAPE/M/THREADS [/cold] [/outliers:P]    GMAC/s and the share of the ceiling of the kernel's own instructions
//
// of the fastest call, so that neighbours on the machine count little; one thread is timed by its own CPU time, two by the
// wall clock. cold: each call finds its weights in memory, as one forward pass of a large model does; `over_read` is its
// time over that of reading the weights alone. outliers: P percent of the weights are in a list (linear_s8/outliers.h).
#include "runtime/kernels/linear_s8/linear_s8.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "bench/kernels/measure.h"
#include "runtime/isa.h"
#include "runtime/kernels/kernels.h"
#include "runtime/kernels/linear_s8/pack.h"
#include "runtime/threads.h"

namespace octavo::bench {
namespace {

double bandwidth(int threads) {
  static std::map<int, double> measured;
  if (!measured.contains(threads)) measured[threads] = probe::read_rate(kLargerThanCaches, pool(threads));
  return measured[threads];
}

// The weights keep the strongest bound, so that every kernel may read them.
const PackedS8Data& weights(int64_t n, int64_t k) {
  static std::map<std::pair<int64_t, int64_t>, PackedS8Data> packed;
  PackedS8Data& data = packed[{n, k}];
  if (data.n == 0) {
    std::mt19937 engine(1);
    std::normal_distribution<float> normal(0.0f, 0.02f);
    std::vector<float> w(static_cast<size_t>(n * k)), bias(static_cast<size_t>(n));
    for (float& x : w) x = normal(engine);
    for (float& x : bias) x = normal(engine);
    data = pack_linear_s8(w.data(), bias.data(), n, k, LaneBound::fours);
  }
  return data;
}

// A list of so many of the weights, anywhere.
std::vector<uint32_t> outliers(int64_t n, int64_t k, int percent) {
  std::mt19937 engine(2);
  std::vector<uint32_t> starts(1), entries;
  for (int64_t column = 0; column < n; ++column) {
    for (int64_t i = 0; i < k; ++i)
      if (static_cast<int>(engine() % 100) < percent)
        entries.push_back(static_cast<uint32_t>(i) | (1 + engine() % 40) << 24);
    starts.push_back(static_cast<uint32_t>(entries.size()));
  }
  starts.insert(starts.end(), entries.begin(), entries.end());
  return starts;
}

void run(benchmark::State& state, const Kernels& kernels, const LinearS8Kernel& kernel, const Shape& shape,
         int64_t rows, int threads, bool cold, int percent) {
  const PackedS8Data& packed = weights(shape.n, shape.k);
  const auto bytes = static_cast<int64_t>(packed.panels.size());
  const int64_t copies = cold ? kLargerThanCaches / bytes + 1 : 1;
  std::vector<int8_t> panels(static_cast<size_t>(copies * bytes + 64));
  int8_t* first = panels.data() + (64 - reinterpret_cast<uintptr_t>(panels.data()) % 64) % 64;
  for (int64_t i = 0; i < copies; ++i) std::copy(packed.panels.begin(), packed.panels.end(), first + i * bytes);
  const std::vector<uint8_t> q(static_cast<size_t>(rows * shape.k), 131);
  const std::vector<float> q_scale(static_cast<size_t>(rows), 0.01f);
  std::vector<float> y(static_cast<size_t>(rows * shape.n));
  Kernels only = kernels;
  only.linear_s8 = {&kernel, 1};
  const Context context{only, pool(threads)};
  const std::vector<uint32_t> list = outliers(shape.n, shape.k, percent);
  PackedS8 w = packed.view();
  if (percent > 0) w.outliers = list.data();
  int64_t copy = 0;
  double best = std::numeric_limits<double>::infinity();
  for (auto _ : state) {
    w.panels = first + copy * bytes;
    const double begin = now(threads);
    linear_s8(context, rows, q.data(), q_scale.data(), w, shape.activation, y.data(), shape.n);
    const double seconds = now(threads) - begin;
    state.SetIterationTime(seconds);
    best = std::min(best, seconds);
    copy = copy + 1 < copies ? copy + 1 : 0;
  }
  const double macs = static_cast<double>(rows * shape.n * shape.k);
  report_macs(state, kernel.loop, macs, best, threads);
  if (cold) state.counters["over_read"] = best * bandwidth(threads) / static_cast<double>(bytes);
}

void add(const Kernels& kernels, const LinearS8Kernel& kernel) {
  for (const Shape& shape : kShapes)
    for (const int64_t rows : kRows)
      for (const int threads : {1, 2})
        for (const bool cold : {false, true})
          for (const int percent : {0, 1, 5}) {
            if (rows > kernel.most_rows || (cold && rows > 8) || (percent > 0 && (cold || threads > 1))) continue;
            const std::string title = std::string(kernel.name) + "/" + shape.name + "/" + std::to_string(rows) + "/" +
                                      std::to_string(threads) + (cold ? "/cold" : "") +
                                      (percent > 0 ? "/outliers:" + std::to_string(percent) : "");
            benchmark::RegisterBenchmark(title.c_str(), [=, &kernels, &kernel, &shape](benchmark::State& state) {
              run(state, kernels, kernel, shape, rows, threads, cold, percent);
            })->UseManualTime();
          }
}

}  // namespace

// Instruction sets may share kernels; each is measured once.
void add_linear_s8() {
  std::set<std::string> seen;
  for (const Isa& isa : isas()) {
    if (!isa.supported || isa.name == std::string("scalar")) continue;
    for (const LinearS8Kernel& kernel : isa.kernels->linear_s8)
      if (seen.insert(kernel.name).second) add(*isa.kernels, kernel);
  }
}

}  // namespace octavo::bench
