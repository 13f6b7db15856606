// How the kernels that need no bound of the weights walk a block: rows in groups whose activations stay in the second-level
// cache, over them the panels, and for each panel the tiles down the rows, so that a panel stays in the first-level cache.
#pragma once

#include <cstdint>

#include "runtime/kernels/kernels.h"
#include "runtime/tensor.h"

namespace octavo {

// f(first row, end of rows) for each group.
template <typename F>
void for_each_row_group(const LinearS8Block& b, int64_t tile_rows, F f) {
  constexpr int64_t kBytes = 256 * 1024;
  const int64_t k4 = round_up(b.w->k, 4);
  const int64_t fit = k4 > 0 ? kBytes / k4 / tile_rows * tile_rows : b.rows;
  const int64_t rows = fit > tile_rows ? fit : tile_rows;
  for (int64_t begin = 0; begin < b.rows; begin += rows) f(begin, b.rows - begin < rows ? b.rows : begin + rows);
}

// tile.template operator()<R>(row) covers [row, end): as many of kRows as fit, then the rest in one tile.
template <int kRows, typename Tile>
void tiles_down(int64_t row, int64_t end, const Tile& tile) {
  for (; row + kRows <= end; row += kRows) tile.template operator()<kRows>(row);
  if constexpr (kRows > 1) {
    if (row < end) tiles_down<kRows - 1>(row, end, tile);
  }
}

}  // namespace octavo
