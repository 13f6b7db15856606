// The loop nest shared by the strided kernels: operands broadcast to one shape, adjacent dims merged where every stride
// allows, the last dim handed to the body as one run.
#pragma once

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>

#include "runtime/error.h"
#include "runtime/kernels/kernels.h"
#include "runtime/profile.h"
#include "runtime/tensor.h"
#include "runtime/threads.h"

namespace octavo {

inline std::string shape_text(const View& v) {
  std::string s = "[";
  for (int i = 0; i < v.rank; ++i) s += (i > 0 ? "," : "") + std::to_string(v.shape[i]);
  return s + "]";
}

// `v` seen with the shape of `like`, by numpy's rule; what it lacks has stride 0.
inline View broadcast_to(const View& v, const View& like) {
  View out = like;
  out.data = v.data;
  out.dtype = v.dtype;
  if (v.rank > like.rank)
    throw Error(Status::invalid_argument, shape_text(v) + " does not broadcast to " + shape_text(like));
  for (int i = 0; i < like.rank; ++i) {
    const int from = i - (like.rank - v.rank);
    const int64_t size = from < 0 ? 1 : v.shape[from];
    if (size != like.shape[i] && size != 1)
      throw Error(Status::invalid_argument, shape_text(v) + " does not broadcast to " + shape_text(like));
    out.stride[i] = size == 1 ? 0 : v.stride[from];
  }
  return out;
}

// N operands of one shape.
template <int N>
struct Loop {
  int rank = 0;
  int64_t shape[kMaxRank] = {};
  int64_t stride[N][kMaxRank] = {};

  explicit Loop(const std::array<View, N>& v) {
    for (int d = 0; d < v[0].rank; ++d) {
      if (v[0].shape[d] == 1) continue;
      if (rank > 0 && merges(v, d)) {
        shape[rank - 1] *= v[0].shape[d];
      } else {
        shape[rank++] = v[0].shape[d];
      }
      for (int i = 0; i < N; ++i) stride[i][rank - 1] = v[static_cast<size_t>(i)].stride[d];
    }
    if (rank == 0) shape[rank++] = 1;
  }

  int64_t count() const {
    int64_t n = 1;
    for (int d = 0; d < rank; ++d) n *= shape[d];
    return n;
  }

  // body(offsets[N], run) over elements [begin, end) in row-major order; a run is along the last dim.
  template <typename Body>
  void range(int64_t begin, int64_t end, Body body) const {
    const int64_t inner = shape[rank - 1];
    while (begin < end) {
      const int64_t run = std::min(end - begin, inner - begin % inner);
      std::array<int64_t, N> at{};
      int64_t index = begin;
      for (int d = rank - 1; d >= 0; --d) {
        for (int i = 0; i < N; ++i) at[static_cast<size_t>(i)] += index % shape[d] * stride[i][d];
        index /= shape[d];
      }
      body(at, run);
      begin += run;
    }
  }

  int64_t step(int operand) const { return stride[operand][rank - 1]; }

 private:
  bool merges(const std::array<View, N>& v, int d) const {
    for (int i = 0; i < N; ++i)
      if (stride[i][rank - 1] != v[static_cast<size_t>(i)].stride[d] * v[0].shape[d]) return false;
    return true;
  }
};

// Below this many elements a second thread costs more than it brings.
inline constexpr int64_t kElementsPerTask = 4096;

template <int N, typename Body>
void for_each_run(const Context& ctx, const Loop<N>& loop, Body body) {
  const int64_t n = loop.count();
  if (n == 0) return;
  ctx.threads.parallel(n, kElementsPerTask, [&](int64_t begin, int64_t end, int) { loop.range(begin, end, body); });
}

// out[i] = f(in[i]...) for typed operands.
template <typename Out, typename A, typename F>
void map_views(const Context& ctx, const View& out, const View& a, F f) {
  const Loop<2> loop({out, broadcast_to(a, out)});
  for_each_run<2>(ctx, loop, [&](const std::array<int64_t, 2>& at, int64_t n) {
    Out* y = out.as<Out>() + at[0];
    const A* x = a.as<A>() + at[1];
    for (int64_t i = 0; i < n; ++i) y[i * loop.step(0)] = f(x[i * loop.step(1)]);
  });
}

template <typename Out, typename A, typename F>
void map_views(const Context& ctx, const View& out, const View& a, const View& b, F f) {
  const Loop<3> loop({out, broadcast_to(a, out), broadcast_to(b, out)});
  for_each_run<3>(ctx, loop, [&](const std::array<int64_t, 3>& at, int64_t n) {
    Out* y = out.as<Out>() + at[0];
    const A* x = a.as<A>() + at[1];
    const A* z = b.as<A>() + at[2];
    if (loop.step(0) == 1 && loop.step(1) == 1 && loop.step(2) == 1) {
      for (int64_t i = 0; i < n; ++i) y[i] = f(x[i], z[i]);
    } else {
      for (int64_t i = 0; i < n; ++i) y[i * loop.step(0)] = f(x[i * loop.step(1)], z[i * loop.step(2)]);
    }
  });
}

// Tells a profiler which elements a call reads and writes; the first view is the result.
inline void report_views(const Context& ctx, const char* kernel, std::initializer_list<const View*> views) {
  if (ctx.profile == nullptr) return;
  const View& out = **views.begin();
  Work work{.kernel = kernel, .n = out.rank > 0 ? out.shape[out.rank - 1] : 1};
  work.m = work.n > 0 ? out.count() / work.n : 0;
  for (const View* view : views) work.activation_bytes += view->count() * static_cast<int64_t>(size_of(view->dtype));
  report(ctx, work);
}

inline void check_same_dtype(const char* what, const View& a, const View& b) {
  if (a.dtype != b.dtype)
    throw Error(Status::invalid_argument,
                std::string(what) + ": " + name_of(a.dtype) + " and " + name_of(b.dtype) + " do not mix; cast first");
}

[[noreturn]] inline void unsupported_dtype(const char* what, DType t) {
  throw Error(Status::invalid_argument, std::string(what) + " is not defined for " + name_of(t));
}

}  // namespace octavo
