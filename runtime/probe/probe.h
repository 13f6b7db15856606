// What this machine can do at most, measured when asked: the limits of a roofline. Each figure is the best of many short
// measurements, since neighbours on a machine only ever slow it down.
#pragma once

#include <cstdint>

#include "runtime/inner_loop.h"
#include "runtime/threads.h"

namespace octavo::probe {

// Cycles per second of the core as it runs now, from a chain of dependent additions, one a cycle. 0 where no such chain is
// written for the CPU.
double clock_hz();

// Multiply-accumulates per second of this inner loop with its operands in registers, so that neither loads, caches nor loop
// ends count; all threads at once. 0 for InnerLoop::none, and for what this build or CPU lacks.
double multiply_rate(InnerLoop loop, Threads& threads);

// Bytes per second when the threads, each its own part, read the same `bytes` bytes over and over: that of the cache that
// holds them, or of the memory.
double read_rate(int64_t bytes, Threads& threads);

}  // namespace octavo::probe
