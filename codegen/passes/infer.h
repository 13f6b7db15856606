// Result types of the operator vocabulary that follows lower_aten: dtype and shape from the operands and attributes.
//
// arange and full take their type from the trace, not from operands; infer gives none for them.
#pragma once

#include "codegen/graph/graph.h"

namespace octavo::passes {

using graph::Dim;
using graph::DType;
using graph::Graph;
using graph::kNone;
using graph::Shape;
using graph::Type;
using graph::ValueId;

// True for the operators of the vocabulary, before and after fusing.
[[nodiscard]] bool in_vocabulary(const std::string& op);
// Throws base::Error (internal, at the call's place) when operands and attributes do not fit the operator.
[[nodiscard]] std::vector<Type> infer(const Graph& graph, const graph::Call& call);

// numpy's rule, from the right: equal dims, or one of them 1.
[[nodiscard]] Shape broadcast(const Shape& a, const Shape& b, const base::Place& where);
// A dim index of a tensor of `rank` dims, counted from the end when negative.
[[nodiscard]] int64_t wrap_dim(int64_t dim, size_t rank, const base::Place& where);
// Same number of elements, for every size of the named dims.
[[nodiscard]] bool same_count(const Shape& a, const Shape& b);

}  // namespace octavo::passes
