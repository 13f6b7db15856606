// What becomes of a graph where a dim is 1. The probes leave this size out: 1 would hide which of two dims an integer
// follows. But LibTorch itself treats it apart (squeeze, broadcasting), and sources branch on it, so the forward runs once
// more with each dim at 1, and with all of them. Where it takes the same steps with the same expressions, nothing is to be
// done; where it does not, the compiled model must not be run.
#pragma once

#include <functional>

#include "codegen/observe/recorder.h"

namespace octavo::observe {

// The forward at these sizes.
using RecordAt = std::function<Recording(const graph::Dim::Sizes& sizes)>;

// A `require S >= 2` for every dim (or the product of all dims) that may not be 1, with the cause and its place. `probes`
// are the recordings that the graph was made of.
[[nodiscard]] std::vector<graph::Requirement> size_one_requirements(const std::vector<Recording>& probes,
                                                                    const RecordAt& record_at);

// A trace without copies that change nothing (contiguous, clone), which LibTorch makes at some sizes only: the strides of
// a dim of 1 do not matter. Its values are numbered anew; `original` has their numbers in the trace given.
struct WithoutCopies {
  Trace trace;
  std::vector<int> original;
};
[[nodiscard]] WithoutCopies without_copies(const Trace& trace);

}  // namespace octavo::observe
