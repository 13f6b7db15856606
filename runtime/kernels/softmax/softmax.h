// out = exp(x - max) / sum(exp(x - max)) along dim. f32, shapes alike, any strides. A row with NaN, or whose
// maximum is an infinity of either sign, is NaN. The sum has the one shape of docs/numerics.md over the index
// along dim.
#pragma once

#include "runtime/context.h"
#include "runtime/tensor.h"

namespace octavo {

void softmax(const Context& ctx, const View& out, const View& in, int dim);

}  // namespace octavo
