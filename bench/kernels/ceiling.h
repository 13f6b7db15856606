// What this core can do at most: the arithmetic of an inner loop with its operands in registers, so that neither loads,
// caches nor loop ends count. Multiply-accumulates per second of one thread.
#pragma once

#include <cstdint>

#include "runtime/kernels/linear_s8/linear_s8.h"

namespace octavo::bench {

// The instructions of the AVX2 kernel that needs this bound. The CPU must have them.
double avx2_ceiling(LaneBound bound);

// Bytes per second that `threads` threads read together from memory far larger than the caches.
double memory_bandwidth(int threads);

}  // namespace octavo::bench
