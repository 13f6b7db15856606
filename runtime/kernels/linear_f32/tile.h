// The inner loop of every product in FP32: R rows by 16 columns, R accumulators, one per output, through the whole of k.
// R = 6 uses 12 of the 16 registers of AVX2, and 12 independent chains cover the latency of 4 on 2 ports.
#pragma once

#include <type_traits>

#include "runtime/kernels/kernels.h"
#include "runtime/kernels/vec/many.h"

namespace octavo {

// Memory that will be read soon: fetched a little at every step of k.
struct Ahead {
  const float* from = nullptr;
  int64_t step = 0;
};

// done(std::integral_constant<int, R>, the R accumulators as Many<V, R>::F) takes the results.
template <typename V, int R, typename Done>
void tile_rows(const TileF32& t, Ahead ahead, const Done& done) {
  typename Many<V, R>::F acc;
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) acc.v[r] = t.accumulate ? V::load(t.c + r * t.c_row) : V::set1(0.0f);
  const float* a = t.a;
  const float* b = t.b;
  for (int64_t k = 0; k < t.k; ++k, a += t.a_k, b += t.b_k) {
    const auto columns = V::load(b);
    __builtin_prefetch(ahead.from);
    ahead.from += ahead.step;
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) acc.v[r] = V::fma(V::set1(a[r * t.a_row]), columns, acc.v[r]);
  }
  done(std::integral_constant<int, R>{}, acc);
}

template <typename V, typename Done>
void tile_any(const TileF32& t, Ahead ahead, const Done& done) {
  switch (t.rows) {
    case 6:
      return tile_rows<V, 6>(t, ahead, done);
    case 5:
      return tile_rows<V, 5>(t, ahead, done);
    case 4:
      return tile_rows<V, 4>(t, ahead, done);
    case 3:
      return tile_rows<V, 3>(t, ahead, done);
    case 2:
      return tile_rows<V, 2>(t, ahead, done);
    case 1:
      return tile_rows<V, 1>(t, ahead, done);
    default:
      return;
  }
}

template <typename V, typename Done>
void tile_any(const TileF32& t, const Done& done) {
  tile_any<V>(t, {t.b, 0}, done);
}

template <typename V>
void tile_f32_impl(const TileF32& t) {
  tile_any<V>(t, [&](auto rows, const auto& acc) {
#pragma GCC unroll 8
    for (int r = 0; r < decltype(rows)::value; ++r) V::store(t.c + r * t.c_row, acc.v[r]);
  });
}

}  // namespace octavo
