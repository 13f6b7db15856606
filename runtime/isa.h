// Which instruction sets this build has kernels for, which this CPU can run, and which one a model uses.
// Every one of them computes the same bits; OCTAVO_ISA=scalar|avx2|... or LoadOptions::isa forces one by
// name. avx2-pairs and avx2-none are avx2 without the INT8 kernels that need a stronger lane bound of the weights
// (lane_bound.h): for comparing and measuring.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace octavo {

struct Kernels;

struct Isa {
  const char* name;
  const Kernels* kernels;
  bool supported;  // by this CPU and operating system
};

// In ascending order of preference: scalar first. Read from the CPU once.
const std::vector<Isa>& isas();

// The kernels named `name`; empty: OCTAVO_ISA if set, else the last supported one.
// An unknown name, or one this CPU lacks, is octavo::Error (unsupported) naming it and those that would do.
const Kernels& choose_kernels(std::string_view name = {});

}  // namespace octavo
