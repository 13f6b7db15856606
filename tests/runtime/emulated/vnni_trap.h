// Executes vpdpbusd as AVX-VNNI encodes it (VEX, 256 bits) on a CPU that has AVX2 only: the CPU raises SIGILL, the handler
// does the sum on the saved registers and steps over the instruction. What runs is the code a newer CPU would run.
#pragma once

#include <cstdint>

namespace octavo::testing {

// How many instructions were executed so far. 0 where the CPU has them, or nothing ran.
int64_t trapped_instructions();

}  // namespace octavo::testing
