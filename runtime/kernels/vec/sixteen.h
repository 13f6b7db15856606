// A row taken sixteen elements at a time: element i goes to lane i mod 16. The last, short group has lanes that do not
// exist; they load as +0 and are not stored.
#pragma once

#include <cstdint>

namespace octavo {

// The length of a whole group, known when the loop is compiled: its loads and stores need no mask.
struct Sixteen {
  constexpr operator int64_t() const { return 16; }
};

// f(index of the first element, how many: Sixteen or, once at the end, an int64_t below 16).
template <typename F>
inline void by_sixteen(int64_t n, F f) {
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) f(i, Sixteen{});
  if (i < n) f(i, n - i);
}

template <typename V>
typename V::F load_some(const float* p, Sixteen) {
  return V::load(p);
}
template <typename V>
typename V::F load_some(const float* p, int64_t n) {
  return V::load_n(p, n, 0.0f);
}

template <typename V>
void store_some(float* p, typename V::F a, Sixteen) {
  V::store(p, a);
}
template <typename V>
void store_some(float* p, typename V::F a, int64_t n) {
  V::store_n(p, a, n);
}

// Lanes that do not exist become +0.
template <typename V>
typename V::F first_some(typename V::F a, Sixteen) {
  return a;
}
template <typename V>
typename V::F first_some(typename V::F a, int64_t n) {
  return V::first_n(a, n);
}

}  // namespace octavo
