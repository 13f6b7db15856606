// An operator's arguments as the trace keeps them: tensors apart, the rest by schema name, sizes resolved.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

#include "codegen/observe/trace.h"
#include "octavo/torch.h"

namespace octavo::observe {

// All tensors among an operator's results, lists flattened.
[[nodiscard]] std::vector<at::Tensor> tensors_in(c10::ArrayRef<c10::IValue> values);
// All tensors among its arguments, lists flattened; an absent optional one is an undefined tensor.
[[nodiscard]] std::vector<at::Tensor> operands_in(const c10::FunctionSchema& schema, c10::ArrayRef<c10::IValue> values);

// The remaining arguments: bool, integers, floats, strings and integer lists; dtype as its graph name. Absent ones and
// those that mean nothing for a compiled CPU model (layout, device, memory format, …) are left out.
// Throws base::Error (refused, without place) for a kind of argument that a graph cannot hold.
[[nodiscard]] std::map<std::string, TracedArgument> arguments_of(const c10::FunctionSchema& schema,
                                                                 c10::ArrayRef<c10::IValue> values);

// Slices and selects count from the front and end inside the tensor: resolves negative and overlong positions by the
// size at hand, so that they become expressions of the dims. Returns what must hold at run time for the result to stay
// the same expression; `name` is the registered path of the sliced tensor, or empty.
std::vector<TracedBound> resolve_positions(const std::string& op, std::map<std::string, TracedArgument>& arguments,
                                           const at::Tensor& self, const std::string& name);

// aten::add, Tensor -> aten.add.Tensor
[[nodiscard]] std::string graph_name(const c10::OperatorName& name);
// The functional form of an in-place operator; absent when LibTorch has none.
[[nodiscard]] std::optional<c10::OperatorName> functional_form(const c10::FunctionSchema& schema);

}  // namespace octavo::observe
