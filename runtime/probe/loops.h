// The measured loops of one instruction set; probe.cpp times them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/inner_loop.h"

namespace octavo::probe {

// `steps` steps of an inner loop; returns the multiply-accumulates they were.
using MultiplyLoop = int64_t (*)(int64_t steps);
// Reads [begin, begin + bytes), 64-byte aligned, a multiple of 256 bytes.
using ReadLoop = void (*)(const std::byte* begin, int64_t bytes);

// Null where the instruction set has no such loop.
namespace avx2 {
MultiplyLoop multiply_loop(InnerLoop loop);
void read(const std::byte* begin, int64_t bytes);
}  // namespace avx2

}  // namespace octavo::probe
