// What the lane bound costs in the weights: SQNR in dB of full-range INT8 weights (absmax / 127), of weights at half the
// range (+-63), and of weights under the bounds of runtime/kernels/linear_s8/lane_bound.h, and which bound the compiler
// takes. One line a distribution and a checkpoint; prints the table of docs/quantization.md.
//
//   bench_weights [FILE.safetensors or folder ...]
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <iostream>
#include <random>

#include "base/safetensors.h"
#include "codegen/emit/bounded_pack.h"

namespace {

using octavo::LaneBound;
using octavo::emit::BoundedPack;

struct Matrix {
  std::vector<float> w;  // [n, k]
  int64_t n = 0, k = 0;
};

double bounded_db(const Matrix& m, LaneBound bound) {
  const octavo::PackedS8Data pack = octavo::pack_linear_s8(m.w.data(), nullptr, m.n, m.k, bound);
  return octavo::emit::sqnr_db(m.w, unpack_linear_s8(pack.view()), pack.scale, m.k);
}

double half_range_db(const Matrix& m) {
  double signal = 0, noise = 0;
  for (int64_t row = 0; row < m.n; ++row) {
    const float* w = m.w.data() + row * m.k;
    float absmax = 0;
    for (int64_t i = 0; i < m.k; ++i) absmax = std::max(absmax, std::abs(w[i]));
    for (int64_t i = 0; i < m.k && absmax > 0; ++i) {
      const float stored = std::nearbyint(w[i] * (63 / absmax)) * (absmax / 63);
      signal += double{w[i]} * w[i];
      noise += std::pow(double{w[i]} - stored, 2);
    }
  }
  return 10 * std::log10(signal / noise);
}

// Mean over matrices, each column an SQNR.
class Line {
 public:
  void add(const Matrix& m) {
    const std::array<double, 4> db = {bounded_db(m, LaneBound::none), half_range_db(m), bounded_db(m, LaneBound::pairs),
                                      bounded_db(m, LaneBound::fours)};
    for (size_t i = 0; i < db.size(); ++i) sum_[i] += db[i];
    ++taken_[static_cast<size_t>(octavo::emit::pack_bounded(m.w, nullptr, m.n, m.k).pack.bound)];
    ++matrices_;
  }
  void print(const std::string& name) const {
    if (matrices_ == 0) return;
    std::cout << fmt::format("| {} | {} |", name, matrices_);
    for (const double sum : sum_) std::cout << fmt::format(" {:.1f} |", sum / matrices_);
    std::cout << fmt::format(" {} / {} / {} |\n", taken_[2], taken_[1], taken_[0]) << std::flush;
  }

 private:
  std::array<double, 4> sum_{};
  std::array<int, 3> taken_{};  // by LaneBound
  int matrices_ = 0;
};

template <typename Draw>
void distribution(const std::string& name, Draw draw) {
  for (const int64_t k : {768, 3072}) {
    std::mt19937 engine(1);
    Matrix m{std::vector<float>(static_cast<size_t>(256 * k)), 256, k};
    for (float& w : m.w) w = static_cast<float>(draw(engine));
    Line line;
    line.add(m);
    line.print(fmt::format("{}, K = {}", name, k));
  }
}

// Every matrix but the embedding tables; GPT-2's c_* are stored [k, n].
void checkpoint(const std::string& path) {
  const octavo::base::Safetensors tensors = octavo::base::Safetensors::open(path);
  Line line;
  for (const auto& [name, info] : tensors.tensors()) {
    const bool table = name.find("embed") != std::string::npos || name.find("wte") != std::string::npos ||
                       name.find("wpe") != std::string::npos;
    if (info.shape.size() != 2 || table || !name.ends_with("weight")) continue;
    Matrix m{tensors.floats(name), info.shape[0], info.shape[1]};
    if (name.find(".c_") != std::string::npos) {
      std::swap(m.n, m.k);
      const std::vector<float> stored = m.w;
      for (int64_t n = 0; n < m.n; ++n) {
        for (int64_t k = 0; k < m.k; ++k)
          m.w[static_cast<size_t>(n * m.k + k)] = stored[static_cast<size_t>(k * m.n + n)];
      }
    }
    line.add(m);
  }
  line.print(path);
}

}  // namespace

int main(int argc, char** argv) {
  std::cout << "| weights | matrices | W8 | ±63 | pairs | fours | taken: fours / pairs / none |\n"
               "|---|---|---|---|---|---|---|\n";
  distribution("normal", std::normal_distribution<double>());
  distribution("Laplace", [](std::mt19937& e) {
    return std::exponential_distribution<double>()(e) * (std::bernoulli_distribution()(e) ? 1 : -1);
  });
  distribution("Student t, 5 degrees", std::student_t_distribution<double>(5));
  for (int i = 1; i < argc; ++i) checkpoint(argv[i]);
  return 0;
}
