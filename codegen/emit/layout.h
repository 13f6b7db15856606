// Where a value's elements lie: a buffer, an offset and one stride per dim, all counted in elements and all
// expressions of the model's dims. Movement operators only change this; no element moves.
#pragma once

#include <cstdint>
#include <optional>

#include "codegen/graph/dim.h"

namespace octavo::emit {

using graph::Dim;
using graph::Shape;

struct Layout {
  int buffer = -1;
  Dim offset = 0;
  Shape stride;
};

// Strides of a row-major array: [S*384, 384, 1] for [B, S, 384].
[[nodiscard]] Shape row_major(const Shape& shape);
// The same with `pitch` elements from one row (last dim) to the next.
[[nodiscard]] Shape row_major(const Shape& shape, const Dim& pitch);
// Row-major without gaps from the offset on; a dim of 1 may have any stride.
[[nodiscard]] bool is_contiguous(const Shape& shape, const Layout& layout);

// The view of the same elements in the same order with another shape, or nothing when strides cannot say it.
[[nodiscard]] std::optional<Layout> reshaped(const Shape& shape, const Layout& layout, const Shape& to);
[[nodiscard]] Layout permuted(const Layout& layout, const std::vector<int64_t>& order);
[[nodiscard]] Layout sliced(const Layout& layout, size_t dim, const Dim& start, const Dim& step);
// Aligned from the right as in numpy: a missing leading dim and a dim of 1 get stride 0. Nothing when the
// shapes do not broadcast.
[[nodiscard]] std::optional<Layout> broadcast(const Shape& shape, const Layout& layout, const Shape& to);

// The value as [rows, width] with `pitch` elements from row to row and elements of a row side by side, or
// nothing.
struct Rows {
  Dim rows, pitch;
};
[[nodiscard]] std::optional<Rows> as_rows(const Shape& shape, const Layout& layout);

}  // namespace octavo::emit
