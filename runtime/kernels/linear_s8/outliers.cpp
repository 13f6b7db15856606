#include "runtime/kernels/linear_s8/outliers.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "runtime/kernels/linear_s8/lanes.h"
#include "runtime/kernels/linear_s8/split.h"
#include "runtime/tensor.h"
#include "runtime/threads.h"

namespace octavo {
namespace {

// Scratch of a block: that of the kernel, the sums that the kernel starts from, and the activations k by k.
constexpr int64_t kStartBytes = 64 * 1024;
constexpr int64_t kTransposedBytes = 176 * 1024;
static_assert(kLinearS8ScratchBytes + kStartBytes + kTransposedBytes <= int64_t{Threads::kScratchBytes});

constexpr int64_t kGroup = 16;      // rows of a transposed tile
constexpr int64_t kMostRows = 128;  // a panel of weights passes once for so many

// Takes the excess of one sign out of a lane, from its largest weights.
void take(const Lane& lane, int sign, int8_t* w, int8_t* delta) {
  int excess = -kLaneLimit;
  for (int i = 0; i < lane.size; ++i) excess += std::max(0, sign * w[lane.index[static_cast<size_t>(i)]]);
  while (excess > 0) {
    const auto* largest = std::max_element(lane.index.begin(), lane.index.begin() + lane.size,
                                           [&](int64_t a, int64_t b) { return sign * w[a] < sign * w[b]; });
    const int taken = std::min(excess, sign * w[*largest]);
    delta[*largest] = static_cast<int8_t>(sign * taken);
    w[*largest] = static_cast<int8_t>(w[*largest] - sign * taken);
    excess -= taken;
  }
}

uint32_t entry(int64_t k, int8_t delta) {
  return static_cast<uint32_t>(k) | static_cast<uint32_t>(static_cast<uint8_t>(delta)) << 24;
}

// The same for rows so long that sixteen of them do not fit, where they are.
void add_entries(const LinearS8Block& b, int32_t* start) {
  const int64_t k4 = round_up(b.w->k, 4);
  const uint32_t* entries = b.w->outliers + round_up(b.w->n, 16) + 1;
  for (int64_t column = b.panel_begin * 16; column < b.panel_end * 16; ++column) {
    int32_t* sums = start + (column / 16 - b.panel_begin) * b.rows * 16 + column % 16;
    for (int64_t r = 0; r < b.rows; ++r) {
      int32_t sum = b.w->offset[column];
      for (uint32_t e = b.w->outliers[column]; e < b.w->outliers[column + 1]; ++e)
        sum += b.q[r * k4 + (entries[e] & kOutliersK)] * (static_cast<int32_t>(entries[e]) >> 24);
      sums[r * 16] = sum;
    }
  }
}

}  // namespace

std::vector<uint32_t> take_outliers(int8_t* w, int64_t n, int64_t k, LaneBound bound) {
  std::vector<uint32_t> starts(static_cast<size_t>(round_up(n, 16) + 1)), entries;
  std::vector<int8_t> delta(static_cast<size_t>(k));
  for (int64_t column = 0; column < n && bound != LaneBound::none; ++column) {
    std::fill(delta.begin(), delta.end(), int8_t{0});
    for_each_lane(k, bound, [&](const Lane& lane) {
      take(lane, 1, w + column * k, delta.data());
      take(lane, -1, w + column * k, delta.data());
    });
    for (int64_t i = 0; i < k; ++i) {
      if (delta[static_cast<size_t>(i)] != 0) entries.push_back(entry(i, delta[static_cast<size_t>(i)]));
    }
    std::fill(starts.begin() + column + 1, starts.end(), static_cast<uint32_t>(entries.size()));
  }
  if (entries.empty()) return {};
  starts.insert(starts.end(), entries.begin(), entries.end());
  return starts;
}

void add_outliers(const uint32_t* list, int64_t n, int64_t k, int8_t* w) {
  const uint32_t* entries = list + round_up(n, 16) + 1;
  for (int64_t column = 0; column < n; ++column) {
    for (uint32_t e = list[column]; e < list[column + 1]; ++e) {
      int8_t& weight = w[column * k + (entries[e] & kOutliersK)];
      weight = static_cast<int8_t>(weight + (static_cast<int32_t>(entries[e]) >> 24));
    }
  }
}

int64_t outlier_entries(const uint32_t* list, int64_t n) { return list == nullptr ? 0 : list[round_up(n, 16)]; }

const char* outliers_complaint(std::span<const std::byte> list, int64_t n, int64_t k) {
  const auto columns = static_cast<size_t>(round_up(n, 16));
  const size_t words = list.size() / sizeof(uint32_t);
  if (list.size() % sizeof(uint32_t) != 0 || words < columns + 1) return "is too short";
  const auto word = [&](size_t i) {
    uint32_t value;
    std::memcpy(&value, list.data() + i * sizeof value, sizeof value);
    return value;
  };
  if (word(0) != 0 || word(columns) != words - columns - 1) return "does not end where it should";
  for (size_t column = 0; column < columns; ++column) {
    const uint32_t begin = word(column), end = word(column + 1);
    if (begin > end || end > words - columns - 1) return "has columns out of order";
    int64_t last = -1;
    for (uint32_t e = begin; e < end; ++e) {
      const int64_t at = word(columns + 1 + e) & kOutliersK;
      if (at <= last || at >= k) return "has an index out of range";
      last = at;
    }
  }
  return nullptr;
}

void run_linear_s8(const Kernels& kernels, const LinearS8Block& block) {
  const PackedS8& w = *block.w;
  const LinearS8Kernel& kernel = choose_linear_s8(kernels, w.bound, block.rows);
  if (w.outliers == nullptr) return kernel.run(block);
  const int64_t k4 = round_up(w.k, 4);
  auto* scratch = static_cast<char*>(block.scratch);
  auto* start = reinterpret_cast<int32_t*>(scratch + kLinearS8ScratchBytes);
  auto* transposed = reinterpret_cast<uint8_t*>(scratch + kLinearS8ScratchBytes + kStartBytes);
  const int64_t fit = kTransposedBytes / std::max<int64_t>(k4, 1) / kGroup * kGroup;
  const bool direct = fit == 0;
  const int64_t most = direct ? kGroup : std::min(fit, kMostRows);
  for (int64_t row = 0; row < block.rows; row += most) {
    LinearS8Block part = rows_of(block, row, std::min(row + most, block.rows));
    for (int64_t r = 0; r < part.rows && !direct; r += kGroup)
      kernels.outliers_s8.transpose(std::min(kGroup, part.rows - r), k4, part.q + r * k4, transposed + r * k4);
    const int64_t padded = direct ? part.rows : round_up(part.rows, kGroup);
    const int64_t panels = kStartBytes / (padded * 16 * static_cast<int64_t>(sizeof(int32_t)));
    part.start = start;
    part.start_panel = padded * 16;
    for (int64_t panel = block.panel_begin; panel < block.panel_end; panel += panels) {
      part.panel_begin = panel;
      part.panel_end = std::min(panel + panels, block.panel_end);
      if (direct) {
        add_entries(part, start);
      } else {
        for (int64_t r = 0; r < padded; r += kGroup)
          kernels.outliers_s8.sum(
              {part.rows - r, transposed + r * k4, &w, part.panel_begin, part.panel_end, start + r * 16, padded * 16});
      }
      kernel.run(part);
    }
  }
}

}  // namespace octavo
