#include "codegen/emit/layout.h"

namespace octavo::emit {

Shape row_major(const Shape& shape) { return shape.empty() ? Shape{} : row_major(shape, shape.back()); }

Shape row_major(const Shape& shape, const Dim& pitch) {
  Shape stride(shape.size(), Dim(1));
  Dim step = pitch;
  for (size_t i = shape.size(); i-- > 1;) {
    stride[i - 1] = step;
    step = step * shape[i - 1];
  }
  return stride;
}

bool is_contiguous(const Shape& shape, const Layout& layout) {
  Dim expected = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    if (shape[i].is(1)) continue;
    if (!(layout.stride[i] == expected)) return false;
    expected = expected * shape[i];
  }
  return true;
}

namespace {

// The stride of dims [begin, end) taken as one dim, or nothing when they do not lie behind one another.
std::optional<Dim> merged_stride(const Shape& shape, const Shape& stride, size_t begin, size_t end) {
  std::optional<Dim> inner;
  Dim expected = 0;
  for (size_t i = end; i-- > begin;) {
    if (shape[i].is(1)) continue;
    if (inner && !(stride[i] == expected)) return std::nullopt;
    if (!inner) inner = stride[i];
    expected = stride[i] * shape[i];
  }
  return inner ? inner : Dim(1);
}

}  // namespace

std::optional<Layout> reshaped(const Shape& shape, const Layout& layout, const Shape& to) {
  if (is_contiguous(shape, layout)) return Layout{layout.buffer, layout.offset, row_major(to)};
  Layout result{layout.buffer, layout.offset, Shape(to.size(), Dim(0))};
  size_t i = 0, j = 0;
  while (i < shape.size() || j < to.size()) {
    if (i < shape.size() && shape[i].is(1)) {
      ++i;
      continue;
    }
    if (j < to.size() && to[j].is(1)) {
      ++j;
      continue;
    }
    if (i == shape.size() || j == to.size()) return std::nullopt;
    // The shortest groups of old and new dims with one product.
    const size_t old_begin = i, new_begin = j;
    Dim old_size = shape[i++], new_size = to[j++];
    while (!(old_size == new_size)) {
      if (i < shape.size() && new_size.exact_quotient(old_size)) {
        old_size = old_size * shape[i++];
      } else if (j < to.size() && old_size.exact_quotient(new_size)) {
        new_size = new_size * to[j++];
      } else {
        return std::nullopt;
      }
    }
    const auto stride = merged_stride(shape, layout.stride, old_begin, i);
    if (!stride) return std::nullopt;
    Dim step = *stride;
    for (size_t k = j; k-- > new_begin;) {
      result.stride[k] = step;
      step = step * to[k];
    }
  }
  return result;
}

Layout permuted(const Layout& layout, const std::vector<int64_t>& order) {
  Layout result{layout.buffer, layout.offset, {}};
  for (const int64_t from : order) result.stride.push_back(layout.stride.at(static_cast<size_t>(from)));
  return result;
}

Layout sliced(const Layout& layout, size_t dim, const Dim& start, const Dim& step) {
  Layout result = layout;
  result.offset = layout.offset + start * layout.stride[dim];
  result.stride[dim] = layout.stride[dim] * step;
  return result;
}

std::optional<Layout> broadcast(const Shape& shape, const Layout& layout, const Shape& to) {
  if (shape.size() > to.size()) return std::nullopt;
  Layout result{layout.buffer, layout.offset, Shape(to.size(), Dim(0))};
  const size_t missing = to.size() - shape.size();
  for (size_t i = 0; i < shape.size(); ++i) {
    const Dim& target = to[missing + i];
    if (shape[i] == target) {
      result.stride[missing + i] = layout.stride[i];
    } else if (!shape[i].is(1)) {
      return std::nullopt;
    }
  }
  return result;
}

std::optional<Rows> as_rows(const Shape& shape, const Layout& layout) {
  if (shape.empty()) return Rows{1, 1};
  const size_t last = shape.size() - 1;
  if (!shape[last].is(1) && !layout.stride[last].is(1)) return std::nullopt;
  const auto pitch = merged_stride(shape, layout.stride, 0, last);
  if (!pitch) return std::nullopt;
  const Dim rows = graph::product(Shape(shape.begin(), shape.end() - 1));
  // One row has no next one: any pitch will do, and the width reads best.
  return Rows{rows, rows.is(1) ? shape[last] : *pitch};
}

}  // namespace octavo::emit
