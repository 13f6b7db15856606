// Several traces of one forward, at different sizes, become one graph whose integers are expressions of the named dims.
//
// Every trace must hold the same calls on the same values; an integer equal in all is a constant, any other must be an
// expression of the dims (fit.h). The last traces only confirm what the others suggest.
// What depends on no input and on no named dim is folded: it becomes a weight named constant.N.
#pragma once

#include <vector>

#include "codegen/observe/trace.h"

namespace octavo::observe {

struct Unified {
  graph::Graph graph;
  // Value (of the traces) behind each weight of the graph, in the same order.
  std::vector<int> weight_values;
};

// `input_names` and `output_names` follow Trace::inputs and outputs; dims is the graph's list of named dims.
// Throws base::Error (refused, at the call's place) for control flow on sizes, for a number that is no expression of
// the dims, and for a call that can stand only folded.
[[nodiscard]] Unified unify(const std::string& name, const std::vector<std::string>& dims,
                            const std::vector<Trace>& traces, const std::vector<std::string>& input_names,
                            const std::vector<std::string>& output_names);

}  // namespace octavo::observe
