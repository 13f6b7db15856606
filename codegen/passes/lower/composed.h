// Small formulas that several lowerings share, in f32 unless said otherwise.
#pragma once

#include "codegen/passes/lower/lower.h"

namespace octavo::passes {

[[nodiscard]] inline ValueId with_scalar(Lower& l, const char* op, ValueId x, double scalar, bool reversed = false) {
  Attributes attributes = {{"scalar", scalar}};
  if (reversed) attributes["reversed"] = true;
  return l.r.emit(op, {x}, std::move(attributes));
}

// Along one dim of a tensor of this rank: 0, 1, …, size - 1 as i64, shaped so that it broadcasts.
[[nodiscard]] ValueId positions(Lower& l, const Dim& size, size_t dim, size_t rank);
// A size as a 0-dim f32 tensor.
[[nodiscard]] ValueId size_as_float(Lower& l, const Dim& size);
[[nodiscard]] ValueId reduced(Lower& l, const char* op, ValueId x, const std::vector<int64_t>& dims, bool keepdim);
// x[..., start:end, ...]
[[nodiscard]] ValueId sliced(Lower& l, ValueId x, size_t dim, const Dim& start, const Dim& end, int64_t step = 1);
// x[..., index, ...] with a 1-d index, along dim.
[[nodiscard]] ValueId taken(Lower& l, ValueId x, ValueId index, size_t dim);
// Each element of a dim `times` times: [a, b] is [a, 1, b] expanded to [a, times, b], seen as [a * times, b].
[[nodiscard]] ValueId repeated(Lower& l, ValueId x, size_t dim, const Dim& times);
// Constants before and after along dim; less than none cuts.
[[nodiscard]] ValueId padded(Lower& l, ValueId x, size_t dim, const Dim& before, const Dim& after, double value);
inline constexpr double kNoFractions = 0x1p23;  // from here on every f32 is an integer
// value where |x| < 2^23, else x: infinities and NaN too.
[[nodiscard]] ValueId where_fractional(Lower& l, ValueId x, ValueId value);
// x without its fraction.
[[nodiscard]] ValueId truncated(Lower& l, ValueId x);
// log(1 + x)
[[nodiscard]] ValueId log1p(Lower& l, ValueId x);

}  // namespace octavo::passes
