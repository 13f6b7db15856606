// Reductions over the dims whose bit is set in dims_mask (bit i is dim i of `in`).
//
// f32: sum and mean by 16 lanes and a tree over the reduced elements in row-major order; max and min are
// order-free, NaN if any element is NaN, -0 < +0. i64: sum, max, min exact (boolean and i32 in give i64
// sums). out has the rank of `in` with the reduced dims of size 1, or the rank left when they are dropped.
// prod: one after the other; of i64 it wraps. Over no elements: sum 0, prod 1, mean NaN, max and min are octavo::Error.
#pragma once

#include <cstdint>

#include "runtime/context.h"
#include "runtime/tensor.h"

namespace octavo {

enum class ReduceOp : uint8_t { sum, mean, max, min, prod };

void reduce(const Context& ctx, ReduceOp op, const View& out, const View& in, uint32_t dims_mask);

}  // namespace octavo
