// The operator vocabulary in plain loops, at concrete sizes: what passes must preserve.
//
// Values are kept as doubles; every f32 result is rounded to float after each operation. The double result of +, -,
// *, / and sqrt on floats rounds to the same float as the operation itself would, so these are exact float
// arithmetic. Reductions add in ascending order.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "codegen/graph/graph.h"
#include "tests/passes/reference/array.h"

namespace octavo::test {

using Arrays = std::map<std::string, Array>;  // by value name

// Outputs by name. `given` holds inputs by value name and weight tensors by tensor name.
[[nodiscard]] Arrays evaluate(const graph::Graph& graph, const Arrays& given, const graph::Dim::Sizes& sizes);

// Inputs and weights for the graph: floats in [-1, 1], indices in [0, limit), masks of 0 and 1.
[[nodiscard]] Arrays random_arrays(const graph::Graph& graph, const graph::Dim::Sizes& sizes, uint32_t seed,
                                   int64_t limit = 2);

// Largest |a - b| over all outputs; infinity when shapes or names differ or either is NaN. Equal infinities count as equal.
[[nodiscard]] double largest_difference(const Arrays& a, const Arrays& b);

}  // namespace octavo::test
