// Which calls cannot be part of a graph, whatever their arguments turn out to be.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

#include <optional>
#include <string>
#include <vector>

#include "octavo/torch.h"

namespace octavo::observe {

struct Problem {
  std::string cause, fix;
};

// Reads of values that depend on an input, results whose shape does, random numbers. `from_input` says of each operand
// whether it depends on an input; what does not is known when the model is compiled.
[[nodiscard]] std::optional<Problem> problem_of(const c10::OperatorHandle& op, const std::vector<at::Tensor>& operands,
                                                const std::vector<bool>& from_input,
                                                const std::vector<c10::IValue>& arguments);

}  // namespace octavo::observe
