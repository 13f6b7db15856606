// The multiply-accumulate instructions of a kernel's inner loop. Their rate in registers is what the kernel cannot exceed;
// runtime/probe/ measures it.
#pragma once

#include <cstdint>

namespace octavo {

// The values are part of the C ABI (octavo_inner_loop): never renumber.
enum class InnerLoop : uint8_t {
  none = 0,        // no products, or the scalar code, which has no limit worth a name
  fma_256 = 1,     // vfmadd, f32
  s16_256 = 2,     // vpmaddwd over weights widened to s16
  pairs_256 = 3,   // vpmaddubsw, vpmaddwd
  fours_256 = 4,   // two vpmaddubsw added in s16, then vpmaddwd
  dpbusd_256 = 5,  // AVX-VNNI
  fma_512 = 6,
  dpbusd_512 = 7,  // AVX512-VNNI
};
inline constexpr int kInnerLoopCount = 8;

constexpr const char* name_of(InnerLoop loop) {
  constexpr const char* kNames[kInnerLoopCount] = {"none",      "fma_256",    "s16_256", "pairs_256",
                                                   "fours_256", "dpbusd_256", "fma_512", "dpbusd_512"};
  return kNames[static_cast<int>(loop)];
}

}  // namespace octavo
