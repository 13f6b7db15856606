// linear_s8_quantized against the product and quantize_rows one after the other, turn by turn:
//
//   linear_s8_quantized/SHAPE/M/THREADS/{per_row, static}    us of each, and the gain: the part of the time that goes
#include <algorithm>
#include <limits>
#include <string>

#include "bench/kernels/measure.h"
#include "runtime/kernels/linear_s8/pack.h"
#include "runtime/kernels/quantize_rows/quantize_rows.h"
#include "runtime/tensor.h"

namespace octavo::bench {
namespace {

void run(benchmark::State& state, const Shape& shape, int64_t rows, int threads, float static_scale) {
  const auto weights = normal(shape.n * shape.k, 0.02f), bias = normal(shape.n);
  const PackedS8Data packed = pack_linear_s8(weights.data(), bias.data(), shape.n, shape.k, LaneBound::fours);
  const Context ctx = context(threads);
  const std::vector<uint8_t> q(static_cast<size_t>(rows * shape.k), 131);
  const std::vector<float> q_scale(static_cast<size_t>(rows), 0.01f);
  std::vector<float> y(static_cast<size_t>(rows * shape.n)), scale(static_cast<size_t>(rows));
  std::vector<uint8_t> out(y.size());
  std::vector<std::byte> scratch(static_cast<size_t>(linear_s8_quantized_scratch_bytes(rows, shape.n, threads) + 64));
  void* aligned = scratch.data() + (64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64) % 64;
  double apart = std::numeric_limits<double>::infinity(), at_once = apart;
  for (auto _ : state) {
    const double begin = now(threads);
    linear_s8(ctx, rows, q.data(), q_scale.data(), packed.view(), shape.activation, y.data(), shape.n);
    quantize_rows(ctx, rows, shape.n, y.data(), shape.n, out.data(), scale.data(), static_scale);
    const double middle = now(threads);
    linear_s8_quantized(ctx, rows, q.data(), q_scale.data(), packed.view(), shape.activation,
                        {out.data(), scale.data(), static_scale}, aligned);
    const double end = now(threads);
    state.SetIterationTime(end - begin);
    apart = std::min(apart, middle - begin);
    at_once = std::min(at_once, end - middle);
  }
  state.counters["apart_us"] = apart * 1e6;
  state.counters["at_once_us"] = at_once * 1e6;
  state.counters["gain"] = 1 - at_once / apart;
}

}  // namespace

void add_linear_s8_quantized() {
  for (const Shape& shape : kShapes)
    for (const int64_t rows : kRows)
      for (const int threads : {1, 2})
        for (const float static_scale : {0.0f, 0.02f}) {
          if (shape.activation != Activation::gelu_erf) continue;  // the products that quantisation reads
          const std::string title = std::string("linear_s8_quantized/") + shape.name + "/" + std::to_string(rows) +
                                    "/" + std::to_string(threads) + (static_scale > 0 ? "/static" : "/per_row");
          benchmark::RegisterBenchmark(title.c_str(), [=, &shape](benchmark::State& state) {
            run(state, shape, rows, threads, static_scale);
          })->UseManualTime();
        }
}

}  // namespace octavo::bench
