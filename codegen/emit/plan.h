// Which values share memory. The arena is a row of slots; a slot holds any number of values that are never alive
// together and is as large as the largest of them at the sizes of the call. Slots never overlap, so no sizes can
// make two live values overlap.
//
// Values are taken from the largest to the smallest, each into the smallest slot that is free for its lifetime;
// scratch into the largest.
#pragma once

#include <string>
#include <vector>

#include "codegen/graph/dim.h"

namespace octavo::emit {

struct Lifetime {
  int first = 0, last = 0;  // steps, both included: an operand's last step is its reader's, so they never share
  graph::Dim bytes;
  std::string runtime_bytes;  // instead of `bytes`, a C++ expression: scratch that depends on the threads
};

struct Slot {
  // The slot is as large as the greatest of these; what another one always reaches is left out.
  std::vector<graph::Dim> bytes;
  std::vector<std::string> runtime_bytes;
};

struct Plan {
  std::vector<int> slot;  // of each lifetime
  std::vector<Slot> slots;
};

[[nodiscard]] Plan plan_slots(const std::vector<Lifetime>& lifetimes);

// a >= b for all sizes >= 0, as far as coefficients tell.
[[nodiscard]] bool always_at_least(const graph::Dim& a, const graph::Dim& b);

}  // namespace octavo::emit
