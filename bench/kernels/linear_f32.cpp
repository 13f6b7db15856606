// linear_f32/SHAPE/M/THREADS over the products of MiniLM-L6 and BERT-base: GMAC/s and the share of the FMA ceiling; GB/s
// is how fast the weights are read.
#include "runtime/kernels/linear_f32/linear_f32.h"

#include <string>

#include "bench/kernels/measure.h"
#include "runtime/kernels/linear_f32/pack.h"

namespace octavo::bench {
namespace {

// Each call finds its weights in memory, as in a forward pass of a model that no cache holds, if `cold`.
void run(benchmark::State& state, const Shape& shape, int64_t rows, int threads, bool cold) {
  const auto w = normal(shape.n * shape.k, 0.02f);
  const auto bias = normal(shape.n);
  const PackedF32Data packed = pack_linear_f32(w.data(), bias.data(), shape.n, shape.k);
  const auto floats = static_cast<int64_t>(packed.panels.size());
  const int64_t copies = cold ? kLargerThanCaches / (floats * 4) + 1 : 1;
  std::vector<float> panels(static_cast<size_t>(copies * floats + 16));
  float* first = panels.data() + (64 - reinterpret_cast<uintptr_t>(panels.data()) % 64) % 64 / 4;
  for (int64_t i = 0; i < copies; ++i) std::copy(packed.panels.begin(), packed.panels.end(), first + i * floats);
  const auto x = normal(rows * shape.k);
  std::vector<float> y(static_cast<size_t>(rows * shape.n));
  const Context ctx = context(threads);
  PackedF32 view = packed.view();
  int64_t copy = 0;
  const double seconds = fastest(state, threads, [&] {
    view.panels = first + copy * floats;
    linear_f32(ctx, rows, x.data(), shape.k, view, shape.activation, y.data(), shape.n);
    copy = copy + 1 < copies ? copy + 1 : 0;
  });
  report_macs(state, context(threads).kernels.f32, static_cast<double>(rows * shape.n * shape.k), seconds, threads);
  state.counters["GB/s"] = static_cast<double>(floats * 4) / seconds * 1e-9;
}

}  // namespace

void add_linear_f32() {
  for (const Shape& shape : kShapes)
    for (const int64_t rows : kRows)
      for (const int threads : {1, 2})
        for (const bool cold : {false, true}) {
          if (cold && rows > 8) continue;
          benchmark::RegisterBenchmark((std::string("linear_f32/") + shape.name + "/" + std::to_string(rows) + "/" +
                                        std::to_string(threads) + (cold ? "/cold" : ""))
                                           .c_str(),
                                       [=, &shape](benchmark::State& state) { run(state, shape, rows, threads, cold); })
              ->UseManualTime();
        }
}

}  // namespace octavo::bench
