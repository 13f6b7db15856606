// Checks the invariants of a graph. Run after every pass: a broken pass is found where it broke.
#pragma once

#include "codegen/graph/graph.h"

namespace octavo::graph {

// Throws base::Error (internal, at the call's place) naming the first broken invariant and the statement: a
// value used before it is defined or defined twice, an operand id out of range, a shape or attribute with an
// unknown dim, a weight without tensors, an output that nobody defines. `after` names the pass for the
// message.
void verify(const Graph& graph, const std::string& after);

}  // namespace octavo::graph
