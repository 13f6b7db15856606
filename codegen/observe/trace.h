// What the recorder saw in one run of the forward at concrete sizes. No LibTorch: traces can be made by hand.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "codegen/graph/graph.h"

namespace octavo::observe {

using TracedArgument = std::variant<bool, int64_t, double, std::string, std::vector<int64_t>>;

struct TracedValue {
  graph::DType dtype = graph::DType::f32;
  std::vector<int64_t> shape;
};

// A condition on sizes that this call brings: `value` must stay within `limit` at every run. A size of a dim is
// unified like any other integer; a limit that all probes agree on becomes a `require` line.
struct TracedBound {
  int64_t value = 0;
  int64_t limit = 0;
  std::string reason;
};

struct TracedCall {
  std::string op;  // aten.add.Tensor, octavo.linear, or kRefresh
  std::vector<int> operands;
  std::map<std::string, TracedArgument> arguments;
  std::vector<int> results;
  std::vector<TracedBound> bounds;
  base::Place where;
  // Set when the call can stand only if it folds away: why it cannot be compiled, and the smallest fix.
  std::string refusal, fix;
};

// Not an operator: the contents of a tensor after an in-place call through one of its views.
inline constexpr const char* kRefresh = "octavo.refresh";

struct Trace {
  graph::Dim::Sizes sizes;  // of the named dims in this run
  std::vector<TracedValue> values;
  std::vector<int> inputs;
  std::map<int, std::string> parameters;  // registered path of parameter and buffer values
  std::vector<int> constants;             // values from elsewhere: tensors that nobody registered
  std::vector<TracedCall> calls;
  std::vector<int> outputs;
};

}  // namespace octavo::observe
