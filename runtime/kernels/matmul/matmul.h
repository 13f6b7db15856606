// out[..., m, n] = sum_k a[..., m, k] * b[..., k, n]; f32, any strides, leading dims broadcast as in numpy.
// k ascending, fma from +0, one accumulator per output. All ranks >= 2; out has rank max(a, b).
#pragma once

#include "runtime/context.h"
#include "runtime/tensor.h"

namespace octavo {

void matmul(const Context& ctx, const View& out, const View& a, const View& b);

}  // namespace octavo
