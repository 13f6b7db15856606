#include "codegen/emit/weight_grid.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace octavo::emit {

namespace {

constexpr int kMostSteps = 128;

// 2^-23, and a little for the second order of the two roundings.
constexpr double kTolerance = 0x1.0001p-23;

// Channels below this are zero for the kernels (quantize_rows).
constexpr float kLeast = 0x1p-100F;

bool is_on(std::span<const float> w, double inverse, int8_t* q) {
  for (size_t i = 0; i < w.size(); ++i) {
    const double steps = double{w[i]} * inverse, nearest = std::nearbyint(steps);
    if (std::abs(steps - nearest) > kTolerance * std::abs(nearest) || nearest < -128 || nearest > 127) return false;
    if (nearest == 0 && w[i] != 0) return false;
    q[i] = static_cast<int8_t>(nearest);
  }
  return true;
}

bool gives_back(std::span<const float> w, const int8_t* q, float scale) {
  for (size_t i = 0; i < w.size(); ++i) {
    if (scale * static_cast<float>(q[i]) != w[i]) return false;
  }
  return true;
}

struct Scale {
  float value;
  bool gives_back;
};

// The least-squares scale is within a float of the one that made the weights; which of the neighbours made them shows.
Scale scale_of(std::span<const float> w, const int8_t* q) {
  double dot = 0, square = 0;
  for (size_t i = 0; i < w.size(); ++i) {
    dot += double{w[i]} * q[i];
    square += static_cast<double>(q[i]) * q[i];
  }
  const auto fitted = static_cast<float>(dot / square);
  for (const float scale : {fitted, std::nextafter(fitted, 0.0F), std::nextafter(fitted, 2 * fitted)}) {
    if (gives_back(w, q, scale)) return {scale, true};
  }
  return {fitted, false};
}

// One channel; false: on no grid.
bool find(std::span<const float> w, double absmax, int8_t* q, float& scale) {
  int first = 1;
  while (first <= kMostSteps && !is_on(w, first / absmax, q)) ++first;
  if (first > kMostSteps) return false;
  for (int steps = first; steps <= kMostSteps; steps += first) {
    if (!is_on(w, steps / absmax, q)) continue;  // 128 is no positive weight
    const Scale found = scale_of(w, q);
    scale = found.value;
    if (found.gives_back) return true;
  }
  (void)is_on(w, first / absmax, q);
  scale = scale_of(w, q).value;
  return true;
}

}  // namespace

std::optional<WeightGrid> find_grid(const std::vector<float>& w, int64_t n, int64_t k) {
  WeightGrid grid{std::vector<int8_t>(w.size()), std::vector<float>(static_cast<size_t>(n))};
  for (int64_t row = 0; row < n; ++row) {
    const std::span<const float> channel(w.data() + row * k, static_cast<size_t>(k));
    int8_t* q = grid.q.data() + row * k;
    float absmax = 0;
    for (const float x : channel) {
      if (!std::isfinite(x)) return std::nullopt;
      absmax = std::max(absmax, std::abs(x));
    }
    if (absmax < kLeast) continue;
    if (!find(channel, absmax, q, grid.scale[static_cast<size_t>(row)])) return std::nullopt;
  }
  return grid;
}

}  // namespace octavo::emit
