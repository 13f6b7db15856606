// Graph -> steps and buffers, with every buffer in its place: the middle of the emitter.
#pragma once

#include "codegen/emit/body.h"
#include "codegen/emit/plan.h"

namespace octavo::emit {

struct Lowered {
  std::vector<Step> steps;
  std::vector<Buffer> buffers;
  std::vector<Slot> slots;
  std::set<std::string> includes;
};

// Operators without an emitter are refused first, all of them at once, each with its place.
void check_operators(const graph::Graph& graph);
[[nodiscard]] Lowered lower(const graph::Graph& graph, WeightStore& weights);

}  // namespace octavo::emit
