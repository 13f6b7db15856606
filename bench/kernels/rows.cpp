// Kernels that pass over rows: cycles per element of one thread, data in the first-level cache up to 512 wide.
#include <string>

#include "bench/kernels/measure.h"
#include "runtime/kernels/embedding_sum/embedding_sum.h"
#include "runtime/kernels/layer_norm/layer_norm.h"
#include "runtime/kernels/linear_s8/pack.h"
#include "runtime/kernels/quantize_rows/quantize_rows.h"
#include "runtime/tensor.h"

namespace octavo::bench {
namespace {

constexpr int64_t kLines = 8;

constexpr int kRepeats = 16;

template <typename Call>
void measure(benchmark::State& state, int64_t elements, Call call) {
  state.counters["cycles/element"] = cycles(fastest(state, 1, call, kRepeats)) / static_cast<double>(elements);
}

void unary(benchmark::State& state, UnaryOp op) {
  constexpr int64_t n = 1024;
  const auto x = normal(n, 2.0f);
  std::vector<float> y(n);
  const Context ctx = context(1);
  measure(state, n, [&] { ctx.kernels.unary(op, n, y.data(), x.data()); });
}

void softmax(benchmark::State& state, int64_t n) {
  const auto x = normal(kLines * n, 2.0f);
  std::vector<float> y(x.size());
  const Context ctx = context(1);
  measure(state, kLines * n, [&] {
    for (int64_t r = 0; r < kLines; ++r) ctx.kernels.softmax(n, y.data() + r * n, x.data() + r * n);
  });
}

void layer_norm(benchmark::State& state, int64_t width, bool quantised) {
  const auto x = normal(kLines * width), residual = x, gamma = normal(width), beta = gamma;
  std::vector<float> y(x.size()), scale(kLines);
  std::vector<uint8_t> q(x.size() + 64);
  LayerNorm a;
  a.rows = kLines;
  a.width = width;
  a.x = x.data();
  a.residual = residual.data();
  a.gamma = gamma.data();
  a.beta = beta.data();
  a.y = y.data();
  if (quantised) {
    a.q = q.data();
    a.q_scale = scale.data();
  }
  const Context ctx = context(1);
  measure(state, kLines * width, [&] { octavo::layer_norm(ctx, a); });
}

void quantize(benchmark::State& state, int64_t width) {
  const auto x = normal(kLines * width);
  std::vector<float> scale(kLines);
  std::vector<uint8_t> q(x.size() + 64);
  const Context ctx = context(1);
  measure(state, kLines * width, [&] { quantize_rows(ctx, kLines, width, x.data(), width, q.data(), scale.data()); });
}

void embedding(benchmark::State& state, int64_t width) {
  const auto words = normal(500 * width), positions = normal(kLines * width);
  const QuantizedRows w = quantize_table_s8(words.data(), 500, width);
  const QuantizedRows p = quantize_table_s8(positions.data(), kLines, width);
  std::vector<int64_t> ids(kLines), place(kLines);
  for (int64_t i = 0; i < kLines; ++i) {
    ids[static_cast<size_t>(i)] = i * 37 % 500;
    place[static_cast<size_t>(i)] = i;
  }
  const int64_t type = 0;
  const EmbeddingTerm terms[] = {{ids.data(), kLines, 1, w.q.data(), w.scale.data(), nullptr, 500, "ids"},
                                 {&type, 0, 0, w.q.data(), w.scale.data(), nullptr, 500, "type"},
                                 {place.data(), 0, 1, p.q.data(), p.scale.data(), nullptr, kLines, "place"}};
  std::vector<float> y(static_cast<size_t>(kLines * width));
  const Context ctx = context(1);
  measure(state, kLines * width, [&] { embedding_sum(ctx, 1, kLines, width, terms, 3, y.data()); });
}

template <typename Run>
void add(const std::string& name, Run run) {
  benchmark::RegisterBenchmark(name.c_str(), run)->UseManualTime();
}

}  // namespace

void add_rows() {
  const std::pair<const char*, UnaryOp> ops[] = {{"exp", UnaryOp::exp},           {"erf", UnaryOp::erf},
                                                 {"gelu_erf", UnaryOp::gelu_erf}, {"gelu_tanh", UnaryOp::gelu_tanh},
                                                 {"tanh", UnaryOp::tanh},         {"silu", UnaryOp::silu},
                                                 {"relu", UnaryOp::relu}};
  for (const auto& [name, op] : ops) add(std::string("unary/") + name, [op = op](auto& state) { unary(state, op); });
  for (const int64_t n : {32, 128, 512}) add("softmax/" + std::to_string(n), [n](auto& state) { softmax(state, n); });
  for (const int64_t n : {384, 768}) {
    const std::string width = std::to_string(n);
    add("layer_norm/" + width, [n](auto& state) { layer_norm(state, n, false); });
    add("layer_norm_quantise/" + width, [n](auto& state) { layer_norm(state, n, true); });
    add("quantize_rows/" + width, [n](auto& state) { quantize(state, n); });
    add("embedding_sum_of_three/" + width, [n](auto& state) { embedding(state, n); });
  }
}

}  // namespace octavo::bench
