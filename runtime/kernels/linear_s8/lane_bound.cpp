#include "runtime/kernels/linear_s8/lane_bound.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "runtime/kernels/linear_s8/lanes.h"
#include "runtime/tensor.h"

namespace octavo {
namespace {

// absmax / 127 times these: below 1 the largest weights are clamped to +-127, above 1 fewer lanes are too full.
constexpr std::array<float, 13> kLadder = {0.85f, 0.92f, 1.0f,  1.08f, 1.17f, 1.27f, 1.38f,
                                           1.5f,  1.63f, 1.78f, 1.95f, 2.15f, 2.4f};
constexpr int kRefinements = 8;

// Takes the excess of one sign out of a lane, one step at a time from the weight whose squared error grows least: lowering
// q changes (q - r)^2 by 1 - 2 (q - r), r the unrounded weight. The errors are separable and convex and the limit is on a
// sum, so greedy steps from the rounded weights end at the joint optimum of the lane; the tests compare with all others.
int64_t lower(const Lane& lane, int sign, const float* real, int8_t* q) {
  int sum = 0;
  for (int i = 0; i < lane.size; ++i) sum += std::max(0, sign * q[lane.index[static_cast<size_t>(i)]]);
  int64_t lowered = 0;
  for (; sum > kLaneLimit; --sum, ++lowered) {
    int64_t best = -1;
    float most = 0;
    for (int i = 0; i < lane.size; ++i) {
      const int64_t at = lane.index[static_cast<size_t>(i)];
      if (sign * q[at] <= 0) continue;
      const float over = static_cast<float>(sign) * (static_cast<float>(q[at]) - real[at]);
      if (best < 0 || over > most) {
        best = at;
        most = over;
      }
    }
    q[best] = static_cast<int8_t>(q[best] - sign);
  }
  return lowered;
}

int64_t keep_bound(int64_t k, LaneBound bound, const float* real, int8_t* q) {
  int64_t lowered = 0;
  for_each_lane(k, bound, [&](const Lane& lane) { lowered += lower(lane, 1, real, q) + lower(lane, -1, real, q); });
  return lowered;
}

void round_to(const float* w, int64_t k, float inverse, float* real, int8_t* q) {
  for (int64_t i = 0; i < k; ++i) {
    real[i] = w[i] * inverse;
    q[i] = static_cast<int8_t>(std::nearbyintf(std::clamp(real[i], -127.0f, 127.0f)));
  }
}

// Weights that the grid cannot reach: they round beyond +-127.
int64_t count_clamped(const float* real, int64_t k) {
  return std::count_if(real, real + k, [](float r) { return std::fabs(r) > 127.5f; });
}

// The error of these integers under a scale; 0: the scale that fits them best, <w, q> / <q, q>.
QuantizedChannel fit(const float* w, int64_t k, const int8_t* q, float scale = 0) {
  double dot = 0, square = 0, energy = 0;
  for (int64_t i = 0; i < k; ++i) {
    dot += static_cast<double>(w[i]) * q[i];
    square += static_cast<double>(q[i]) * q[i];
    energy += static_cast<double>(w[i]) * w[i];
  }
  QuantizedChannel result;
  if (square == 0) return {0, energy, 0, 0};
  result.scale = scale != 0 ? scale : static_cast<float>(dot / square);
  const double s = result.scale;
  result.squared_error = std::max(0.0, energy - 2 * s * dot + s * s * square);
  return result;
}

// The best integers so far, and another attempt at them.
class Search {
 public:
  Search(const float* w, int64_t k, LaneBound bound, int8_t* q)
      : w_(w), k_(k), bound_(bound), q_(q), real_(static_cast<size_t>(k)), trial_(static_cast<size_t>(k)) {}

  // Rounds w * inverse into the bound; true when that is the best so far.
  bool attempt(float inverse) {
    round_to(w_, k_, inverse, real_.data(), trial_.data());
    const int64_t lowered = keep_bound(k_, bound_, real_.data(), trial_.data());
    QuantizedChannel candidate = fit(w_, k_, trial_.data());
    candidate.lowered = lowered;
    candidate.clamped = count_clamped(real_.data(), k_);
    if (best_.scale != 0 && candidate.squared_error >= best_.squared_error) return false;
    best_ = candidate;
    std::copy(trial_.begin(), trial_.end(), q_);
    return true;
  }
  [[nodiscard]] const QuantizedChannel& best() const { return best_; }

 private:
  const float* w_;
  int64_t k_;
  LaneBound bound_;
  int8_t* q_;
  std::vector<float> real_;
  std::vector<int8_t> trial_;
  QuantizedChannel best_;
};

bool lanes_hold(const PackedS8& w, int64_t column, LaneBound bound) {
  const int64_t k4 = round_up(w.k, 4);
  const int8_t* panel = w.panels + column / 16 * 16 * k4 + column % 16 * 4;
  bool holds = true;
  for_each_lane(k4, bound, [&](const Lane& lane) {
    int positive = 0, negative = 0;
    for (int i = 0; i < lane.size; ++i) {
      const int64_t at = lane.index[static_cast<size_t>(i)];
      const int weight = panel[at / 4 * 64 + at % 4];
      (weight > 0 ? positive : negative) += weight;
    }
    holds = holds && positive <= kLaneLimit && negative >= -kLaneLimit;
  });
  return holds;
}

}  // namespace

QuantizedChannel quantize_channel(const float* w, int64_t k, LaneBound bound, int8_t* q) {
  float absmax = 0;
  for (int64_t i = 0; i < k; ++i) absmax = std::max(absmax, std::fabs(w[i]));
  for (int64_t i = 0; i < k; ++i) q[i] = 0;
  if (absmax < 0x1p-100f) return {};  // as quantize_rows treats a row of zeros
  if (bound == LaneBound::none) {
    std::vector<float> real(static_cast<size_t>(k));
    round_to(w, k, 127.0f / absmax, real.data(), q);
    return fit(w, k, q, absmax / 127.0f);
  }
  Search search(w, k, bound, q);
  for (const float step : kLadder) search.attempt(127.0f / absmax / step);
  // The fitted scale is a better one for the same lanes: round again under it for as long as that helps.
  for (int round = 0; round < kRefinements && search.attempt(1.0f / search.best().scale); ++round) {
  }
  return search.best();
}

LaneBound proven_bound(const PackedS8& w) {
  LaneBound proven = LaneBound::fours;
  for (int64_t column = 0; column < round_up(w.n, 16); ++column) {
    if (proven == LaneBound::fours && !lanes_hold(w, column, LaneBound::fours)) proven = LaneBound::pairs;
    if (proven == LaneBound::pairs && !lanes_hold(w, column, LaneBound::pairs)) return LaneBound::none;
  }
  return proven;
}

}  // namespace octavo
