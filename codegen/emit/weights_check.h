#pragma once

#include "base/safetensors.h"
#include "codegen/graph/graph.h"

namespace octavo::emit {

// Every weight of the graph has its tensors, of the right shape (concatenated along dim 0) and dtype: otherwise Error
// (refused) that lists every one that has not.
void check_weights(const graph::Graph& graph, const base::Safetensors& tensors);

}  // namespace octavo::emit
