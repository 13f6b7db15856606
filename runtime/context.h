// What every kernel call is given: the functions of the chosen instruction set, and the threads to run them
// on.
#pragma once

#include <cstdint>

namespace octavo {

struct Kernels;  // runtime/kernels/kernels.h
class Threads;   // runtime/threads.h
class Profile;   // runtime/profile.h

struct Context {
  const Kernels& kernels;
  Threads& threads;
  Profile* profile = nullptr;  // null: nobody measures
};

// Applied to a product after its bias, in the same pass over the outputs. Formulas: docs/numerics.md.
enum class Activation : uint8_t { none, relu, gelu_erf, gelu_tanh, tanh, silu, sigmoid };

// Rows added to a product after its activation, in the same pass over the outputs: [rows, n], row stride ld; null: none.
struct Residual {
  const float* rows = nullptr;
  int64_t ld = 0;
};

}  // namespace octavo
