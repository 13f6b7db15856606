#include "runtime/kernels/reduce/reduce.h"

#include <bit>
#include <limits>
#include <type_traits>

#include "runtime/kernels/elementwise/loops.h"

namespace octavo {
namespace {

// Element i of a reduction is added to lane i mod 16; the lanes end in the tree of vec/scalar.h.
struct LaneSum {
  float lane[16] = {};
  int64_t i = 0;

  void add(float x) { lane[i++ % 16] += x; }
  float total() {
    for (int width = 8; width > 0; width /= 2)
      for (int j = 0; j < width; ++j) lane[j] += lane[j + width];
    return lane[0];
  }
};

template <typename Out>
struct ExactSum {
  uint64_t sum = 0;  // wraps
  void add(Out x) { sum += static_cast<uint64_t>(x); }
  Out total() const { return static_cast<Out>(sum); }
};

template <typename T>
struct Product {
  T product = 1;
  void add(T x) {
    if constexpr (std::is_same_v<T, int64_t>) {
      product = static_cast<T>(static_cast<uint64_t>(product) * static_cast<uint64_t>(x));
    } else {
      product *= x;
    }
  }
  T total() const { return product; }
};

// One total order of bit patterns for floats (-0 below +0), so that the result does not depend on the order of visits.
int32_t order_of(float x) {
  const auto b = std::bit_cast<int32_t>(x);
  return b < 0 ? static_cast<int32_t>(0x7fffffffu - static_cast<uint32_t>(b & 0x7fffffff)) +
                     std::numeric_limits<int32_t>::min()
               : b;
}
int64_t order_of(int64_t x) { return x; }

template <typename T, bool kGreatest>
struct Extreme {
  T best{};
  bool any = false;

  void add(T x) {
    if (best != best) return;  // NaN stays
    const bool better = kGreatest ? order_of(x) > order_of(best) : order_of(x) < order_of(best);
    if (!any || x != x || better) best = x;
    any = true;
  }
  T total() const { return best; }
};

// `in` split in two: the dims that stay (with the strides of out beside them) and the dims that are summed over.
struct Split {
  View kept_out, kept_in, reduced;

  Split(const View& out, const View& in, uint32_t mask) : kept_out(out), kept_in(in), reduced(in) {
    kept_out.rank = kept_in.rank = reduced.rank = 0;
    const bool keepdim = out.rank == in.rank;
    int o = 0;
    for (int d = 0; d < in.rank; ++d) {
      if ((mask >> d & 1) != 0) {
        push(reduced, in.shape[d], in.stride[d]);
        if (keepdim) expect(out, o++, 1);
      } else {
        expect(out, o, in.shape[d]);
        push(kept_in, in.shape[d], in.stride[d]);
        push(kept_out, in.shape[d], out.stride[o++]);
      }
    }
    if (o != out.rank) wrong(out);
  }

 private:
  static void push(View& v, int64_t size, int64_t stride) {
    v.shape[v.rank] = size;
    v.stride[v.rank++] = stride;
  }
  static void expect(const View& out, int dim, int64_t size) {
    if (dim >= out.rank || out.shape[dim] != size) wrong(out);
  }
  [[noreturn]] static void wrong(const View& out) {
    throw Error(Status::invalid_argument, "a reduction does not give " + shape_text(out));
  }
};

template <typename Out, typename In, typename Accumulator, typename Finish>
void reduce_with(const Context& ctx, const View& out, const View& in, uint32_t mask, Finish finish) {
  const Split split(out, in, mask);
  const Loop<2> kept({split.kept_out, split.kept_in});
  const Loop<1> reduced({split.reduced});
  const int64_t n = split.reduced.count();
  const int64_t outputs = split.kept_in.count();
  if (outputs == 0) return;
  ctx.threads.parallel(outputs, std::max<int64_t>(1, kElementsPerTask / std::max<int64_t>(1, n)),
                       [&](int64_t begin, int64_t end, int) {
                         kept.range(begin, end, [&](const std::array<int64_t, 2>& at, int64_t run) {
                           for (int64_t i = 0; i < run; ++i) {
                             const In* x = in.as<In>() + at[1] + i * kept.step(1);
                             Accumulator acc;
                             reduced.range(0, n, [&](const std::array<int64_t, 1>& from, int64_t count) {
                               for (int64_t j = 0; j < count; ++j)
                                 acc.add(static_cast<Out>(x[from[0] + j * reduced.step(0)]));
                             });
                             out.as<Out>()[at[0] + i * kept.step(0)] = finish(acc.total(), n);
                           }
                         });
                       });
}

template <typename T>
void extreme(const Context& ctx, ReduceOp op, const View& out, const View& in, uint32_t mask) {
  for (int d = 0; d < in.rank; ++d)
    if ((mask >> d & 1) != 0 && in.shape[d] == 0)
      throw Error(Status::invalid_argument, "max and min need at least one element along dim " + std::to_string(d));
  const auto same = [](T x, int64_t) { return x; };
  if (op == ReduceOp::max) return reduce_with<T, T, Extreme<T, true>>(ctx, out, in, mask, same);
  reduce_with<T, T, Extreme<T, false>>(ctx, out, in, mask, same);
}

void sum_integers(const Context& ctx, const View& out, const View& in, uint32_t mask) {
  const auto same = [](int64_t x, int64_t) { return x; };
  using Sum = ExactSum<int64_t>;
  if (in.dtype == DType::i64) return reduce_with<int64_t, int64_t, Sum>(ctx, out, in, mask, same);
  if (in.dtype == DType::i32) return reduce_with<int64_t, int32_t, Sum>(ctx, out, in, mask, same);
  if (in.dtype == DType::boolean) return reduce_with<int64_t, bool, Sum>(ctx, out, in, mask, same);
  unsupported_dtype("this reduction", in.dtype);
}

}  // namespace

void reduce(const Context& ctx, ReduceOp op, const View& out, const View& in, uint32_t mask) {
  report_views(ctx, "reduce", {&out, &in});
  const bool is_float = in.dtype == DType::f32;
  if (out.dtype != (is_float ? DType::f32 : DType::i64)) unsupported_dtype("the output of this reduction", out.dtype);
  const bool is_extreme = op == ReduceOp::max || op == ReduceOp::min;
  if (is_extreme && is_float) return extreme<float>(ctx, op, out, in, mask);
  if (is_extreme && in.dtype == DType::i64) return extreme<int64_t>(ctx, op, out, in, mask);
  if (op == ReduceOp::sum && is_float)
    return reduce_with<float, float, LaneSum>(ctx, out, in, mask, [](float s, int64_t) { return s; });
  if (op == ReduceOp::mean && is_float)
    return reduce_with<float, float, LaneSum>(ctx, out, in, mask,
                                              [](float s, int64_t n) { return s / static_cast<float>(n); });
  if (op == ReduceOp::prod && is_float)
    return reduce_with<float, float, Product<float>>(ctx, out, in, mask, [](float p, int64_t) { return p; });
  if (op == ReduceOp::prod && in.dtype == DType::i64)
    return reduce_with<int64_t, int64_t, Product<int64_t>>(ctx, out, in, mask, [](int64_t p, int64_t) { return p; });
  if (op == ReduceOp::sum) return sum_integers(ctx, out, in, mask);
  unsupported_dtype("this reduction", in.dtype);
}

}  // namespace octavo
