// Element by element over strided views of rank <= 8. Operands broadcast to the shape of `out` from the right
// as in numpy (a missing leading dim, a dim of 1, or a stride of 0). `out` may be an operand if their strides
// agree.
//
// dtypes: unary on f32 -> f32 (neg, abs also on i64); logical_not: any -> boolean. binary: arithmetic on f32
// or i64, both operands and out alike (division of i64 truncates towards zero; by zero is an error;
// fmod has the sign of the first operand; floor_divide rounds the exact quotient down);
// comparison on f32, i64 or boolean -> boolean; logical on boolean. Anything else is octavo::Error,
// invalid_argument. Other dtypes are cast with copy first. Formulas and error bounds: docs/numerics.md.
#pragma once

#include <cstdint>

#include "runtime/context.h"
#include "runtime/tensor.h"

namespace octavo {

enum class UnaryOp : uint8_t {
  neg,
  abs,
  exp,
  log,
  sqrt,
  rsqrt,
  tanh,
  sigmoid,
  relu,
  silu,
  gelu_erf,
  gelu_tanh,
  erf,
  sin,
  cos,
  logical_not
};
enum class BinaryOp : uint8_t {
  add,
  sub,
  mul,
  div,
  maximum,
  minimum,
  pow,
  fmod,
  floor_divide,
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  logical_and,
  logical_or
};

void unary(const Context& ctx, UnaryOp op, const View& out, const View& in);
void binary(const Context& ctx, BinaryOp op, const View& out, const View& a, const View& b);

// out = c ? a : b. c boolean; a, b, out of one dtype.
void where(const Context& ctx, const View& out, const View& c, const View& a, const View& b);

// Copies, and casts when the dtypes differ: to boolean is x != 0; f32 to an integer truncates and saturates,
// NaN is 0.
void copy(const Context& ctx, const View& out, const View& in);

void fill(const Context& ctx, const View& out, double value);

// out[..., i] = start + i * step along the last dim, i64 or f32.
void arange(const Context& ctx, const View& out, double start, double step);

// Running sum along dim; f32, i64 (boolean or i32 in gives i64 out). Ascending, one accumulator.
void cumsum(const Context& ctx, const View& out, const View& in, int dim);

// out[..., i, ...] = in[..., index[..., i, ...], ...] along dim, any dtype; index i64 of out's shape, counted from the end when
// negative, else outside the dim is an error. Along other dims in may be longer than out.
void gather(const Context& ctx, const View& out, const View& in, const View& index, int dim);

// out[..., index[..., i, ...], ...] = from[..., i, ...] along dim, in the order of i, or += where it accumulates; what no index
// names stays. index i64, counted from the end when negative, else outside the dim is an error; from as large as index at
// least, and index no larger than out along other dims. f32, i64; boolean where it does not accumulate.
void scatter(const Context& ctx, const View& out, const View& index, const View& from, int dim, bool accumulate);

// The first of the values along dim in ascending or descending order, as many as `values` has there, and their places. NaN is
// the largest; equal values keep their order. f32 or i64. scratch: sort_scratch_bytes for the size of dim.
void sort(const Context& ctx, const View& values, const View& index, const View& in, int dim, bool descending,
          void* scratch);
int64_t sort_scratch_bytes(int64_t size, int threads);

// Quantise and dequantise rows (the last dim) as quantize_rows does: out = scale * (q - 128). f32.
void fake_quantize(const Context& ctx, const View& out, const View& in, float static_scale = 0.0f);

// A scalar operand as a view of rank 0: binary(ctx, op, out, a, scalar_view(&value)).
template <typename T>
View scalar_view(const T* value) {
  return View{const_cast<T*>(value), dtype_of<T>(), 0, {}, {}};
}

}  // namespace octavo
