#include "codegen/observe/problems.h"

#include <ATen/core/enum_tag.h>

#include <algorithm>
#include <set>

#include "codegen/observe/arguments.h"

namespace octavo::observe {

namespace {

bool is_mask(const at::Tensor& tensor) {
  return tensor.defined() && (tensor.scalar_type() == at::kBool || tensor.scalar_type() == at::kByte);
}

// Dropout that is switched off draws nothing.
bool draws_random_numbers(const c10::FunctionSchema& schema, const std::vector<c10::IValue>& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = schema.arguments()[i].name();
    if (argument == "train" || argument == "training") return arguments[i].isBool() && arguments[i].toBool();
    const bool probability = argument == "p" || argument == "dropout_p";
    if (probability && arguments[i].isDouble() && arguments[i].toDouble() == 0) return false;
  }
  return true;
}

// A tensor and itself, or tensors of different shapes, whatever they hold: what torch::nn::MultiheadAttention asks of its
// query, key and value.
bool answer_is_certain(const std::string& name, const std::vector<at::Tensor>& operands) {
  return name == "aten.equal" && (operands[0].is_same(operands[1]) || operands[0].sizes() != operands[1].sizes());
}

// Of the operators whose shapes can.
bool shape_depends_on_values(const std::string& name, const std::vector<at::Tensor>& operands,
                             const std::vector<c10::IValue>& arguments) {
  if (name == "aten.index.Tensor") return std::any_of(operands.begin() + 1, operands.end(), is_mask);
  if (name == "aten.one_hot") return arguments[1].toInt() < 0;  // the number of classes; else the largest value counts
  return true;
}

}  // namespace

std::optional<Problem> problem_of(const c10::OperatorHandle& op, const std::vector<at::Tensor>& operands,
                                  const std::vector<bool>& from_input, const std::vector<c10::IValue>& arguments) {
  static const std::set<std::string> kValueReads = {"aten.item", "aten._local_scalar_dense", "aten.is_nonzero",
                                                    "aten.equal", "aten.allclose"};
  const std::string name = graph_name(op.operator_name());
  if (std::find(from_input.begin(), from_input.end(), true) != from_input.end()) {
    if ((op.hasTag(at::Tag::data_dependent_output) || kValueReads.contains(name)) &&
        !answer_is_certain(name, operands)) {
      return Problem{"control flow depends on the values of a tensor that depends on an input (" + name + ")",
                     "compute with tensors instead, for example torch::where, or decide before the model is called"};
    }
    if (op.hasTag(at::Tag::dynamic_output_shape) && shape_depends_on_values(name, operands, arguments)) {
      return Problem{"the shape of the result of " + name + " depends on the values of an input",
                     "keep every element and mask, for example with torch::where"};
    }
  }
  const auto elsewhere = std::find_if(arguments.begin(), arguments.end(), [](const c10::IValue& argument) {
    return argument.isDevice() && !argument.toDevice().is_cpu() && !argument.toDevice().is_meta();
  });
  if (elsewhere != arguments.end()) {
    return Problem{"the forward puts a tensor on " + elsewhere->toDevice().str(),
                   "leave the move out, or take the device of an input: x.to(y.device())"};
  }
  if (op.hasTag(at::Tag::nondeterministic_seeded) && draws_random_numbers(op.schema(), arguments)) {
    return Problem{name + " draws random numbers",
                   "take them as an input, or draw them only in training (is_training())"};
  }
  return std::nullopt;
}

}  // namespace octavo::observe
