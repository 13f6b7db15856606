#include <immintrin.h>

#include "runtime/probe/loops.h"

namespace octavo::probe::avx2 {
namespace {

// Ten chains: an addition and a multiplication of four or five cycles each leave no gap in any of them, and the operands
// still fit the sixteen registers.
constexpr int kChains = 10;

// The compiler must believe that the value changed, or it would compute the products once.
void touch(__m256i& v) { asm volatile("" : "+x"(v)); }

struct Operands {
  __m256i a, w, ones;
};

// One step of each, on one chain.
struct Fma {
  static constexpr int64_t kMacs = 8;
  static void step(__m256i& sum, const Operands& v) {
    sum = _mm256_castps_si256(
        _mm256_fmadd_ps(_mm256_castsi256_ps(v.a), _mm256_castsi256_ps(v.w), _mm256_castsi256_ps(sum)));
  }
};
struct S16 {
  static constexpr int64_t kMacs = 16;
  static void step(__m256i& sum, const Operands& v) { sum = _mm256_add_epi32(sum, _mm256_madd_epi16(v.a, v.w)); }
};
struct Pairs {
  static constexpr int64_t kMacs = 32;
  static void step(__m256i& sum, const Operands& v) {
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(v.a, v.w), v.ones));
  }
};
struct Fours {
  static constexpr int64_t kMacs = 64;
  static void step(__m256i& sum, const Operands& v) {
    __m256i second = _mm256_maddubs_epi16(v.w, v.a);
    touch(second);
    const __m256i both = _mm256_add_epi16(_mm256_maddubs_epi16(v.a, v.w), second);
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(both, v.ones));
  }
};

template <typename Loop>
int64_t run(int64_t steps) {
  __m256i sums[kChains] = {};
  Operands v = {_mm256_set1_epi8(1), _mm256_set1_epi8(2), _mm256_set1_epi16(1)};
  touch(v.ones);
  for (int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 10
    for (int i = 0; i < kChains; ++i) {
      touch(v.a);
      touch(v.w);
      Loop::step(sums[i], v);
    }
  }
#pragma GCC unroll 10
  for (int i = 0; i < kChains; ++i) touch(sums[i]);  // unrolled too: the sums stay in registers
  return steps * kChains * Loop::kMacs;
}

}  // namespace

MultiplyLoop multiply_loop(InnerLoop loop) {
  switch (loop) {
    case InnerLoop::fma_256:
      return run<Fma>;
    case InnerLoop::s16_256:
      return run<S16>;
    case InnerLoop::pairs_256:
      return run<Pairs>;
    case InnerLoop::fours_256:
      return run<Fours>;
    default:
      return nullptr;
  }
}

void read(const std::byte* begin, int64_t bytes) {
  const auto* p = reinterpret_cast<const __m256i*>(begin);
  __m256i seen[4] = {};
  for (int64_t i = 0; i < bytes / 32; i += 8)
    for (int j = 0; j < 4; ++j)
      seen[j] =
          _mm256_or_si256(seen[j], _mm256_or_si256(_mm256_load_si256(p + i + j), _mm256_load_si256(p + i + j + 4)));
  for (__m256i& s : seen) touch(s);
}

}  // namespace octavo::probe::avx2
