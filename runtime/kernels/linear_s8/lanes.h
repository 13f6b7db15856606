// The lanes of lane_bound.h, for compile time: which weights of a channel meet in one int16.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "runtime/kernels/linear_s8/linear_s8.h"

namespace octavo {

inline constexpr int kLaneLimit = 128;

// Indices into the channel; those at or beyond k do not exist.
struct Lane {
  std::array<int64_t, 4> index;
  int size;
};

template <typename Visit>
void for_each_lane(int64_t k, LaneBound bound, Visit visit) {
  if (bound == LaneBound::pairs) {
    for (int64_t i = 0; i < k; i += 2) visit(Lane{{i, i + 1, 0, 0}, i + 1 < k ? 2 : 1});
    return;
  }
  for (int64_t i = 0; i < k; i += 8) {
    for (const int64_t begin : {i, i + 2}) {
      Lane lane{{}, 0};
      for (const int64_t at : {begin, begin + 1, begin + 4, begin + 5}) {
        if (at < k) lane.index[static_cast<size_t>(lane.size++)] = at;
      }
      if (lane.size > 0) visit(lane);
    }
  }
}

}  // namespace octavo
