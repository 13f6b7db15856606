#include "codegen/observe/arguments.h"

#include <array>

#include "codegen/observe/recorder.h"

namespace octavo::observe {

using base::Error;
using base::Exit;

namespace {

void append_tensors(const c10::IValue& value, std::vector<at::Tensor>& tensors) {
  if (value.isTensor()) {
    tensors.push_back(value.toTensor());
  } else if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) tensors.push_back(tensor);
  } else if (value.isOptionalTensorList()) {
    for (const auto& tensor : value.toOptionalTensorVector()) tensors.push_back(tensor.value_or(at::Tensor()));
  }
}

bool means_nothing(const std::string& name) {
  static const std::array<const char*, 10> kNames = {"layout",       "device",   "pin_memory",    "memory_format",
                                                     "non_blocking", "implicit", "requires_grad", "generator",
                                                     "cudnn_enable", "copy"};
  return std::any_of(kNames.begin(), kNames.end(), [&](const char* other) { return name == other; });
}

bool is_tensor_argument(const c10::Argument& argument) {
  const std::string type = argument.type()->str();
  return type.find("Tensor") != std::string::npos;
}

graph::DType dtype_of_scalar_type(at::ScalarType type, const base::Place& where) {
  switch (type) {
    case at::kFloat:
      return graph::DType::f32;
    case at::kHalf:
      return graph::DType::f16;
    case at::kBFloat16:
      return graph::DType::bf16;
    case at::kDouble:
      return graph::DType::f64;
    case at::kLong:
      return graph::DType::i64;
    case at::kInt:
      return graph::DType::i32;
    case at::kByte:
      return graph::DType::u8;
    case at::kChar:
      return graph::DType::s8;
    case at::kBool:
      return graph::DType::boolean;
    default:
      throw Error(Exit::refused, where, std::string("dtype ") + c10::toString(type) + " is not compiled",
                  "use float, int64, int32 or bool");
  }
}

std::optional<TracedArgument> traced(const c10::Argument& argument, const c10::IValue& value) {
  if (value.isNone()) return std::nullopt;
  if (argument.name() == "dtype") {
    return graph::name(dtype_of_scalar_type(static_cast<at::ScalarType>(value.toInt()), {}));
  }
  if (value.isBool()) return value.toBool();
  if (value.isInt() || value.isSymInt())
    return value.isInt() ? value.toInt() : value.toSymInt().guard_int(__FILE__, __LINE__);
  if (value.isDouble()) return value.toDouble();
  if (value.isString()) return value.toStringRef();
  if (value.isIntList()) return std::vector<int64_t>(value.toIntVector());
  if (value.isSymIntList()) {
    std::vector<int64_t> list;
    for (const c10::SymInt& size : value.toSymIntVector()) list.push_back(size.guard_int(__FILE__, __LINE__));
    return list;
  }
  if (value.isBoolList()) {
    std::vector<int64_t> list;
    for (const bool flag : value.toBoolList()) list.push_back(flag ? 1 : 0);
    return list;
  }
  throw Error(Exit::refused, {},
              "argument '" + argument.name() + "' is of type " + value.tagKind() + ", which a graph cannot hold");
}

}  // namespace

graph::DType dtype_of(const at::Tensor& tensor, const base::Place& where) {
  return dtype_of_scalar_type(tensor.scalar_type(), where);
}

std::vector<at::Tensor> tensors_in(c10::ArrayRef<c10::IValue> values) {
  std::vector<at::Tensor> tensors;
  for (const c10::IValue& value : values) append_tensors(value, tensors);
  return tensors;
}

std::vector<at::Tensor> operands_in(const c10::FunctionSchema& schema, c10::ArrayRef<c10::IValue> values) {
  std::vector<at::Tensor> tensors;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].isNone() && is_tensor_argument(schema.arguments()[i])) {
      tensors.emplace_back();
    } else {
      append_tensors(values[i], tensors);
    }
  }
  return tensors;
}

std::map<std::string, TracedArgument> arguments_of(const c10::FunctionSchema& schema,
                                                   c10::ArrayRef<c10::IValue> values) {
  std::map<std::string, TracedArgument> arguments;
  for (size_t i = 0; i < values.size(); ++i) {
    const c10::Argument& argument = schema.arguments()[i];
    if (means_nothing(argument.name()) || is_tensor_argument(argument)) continue;
    if (auto value = traced(argument, values[i])) arguments.emplace(argument.name(), std::move(*value));
  }
  return arguments;
}

namespace {

// A position on an axis of `size`, counted from the front and not beyond the end.
int64_t resolved(int64_t position, int64_t size) {
  if (position < 0) position += size;
  return std::clamp<int64_t>(position, 0, size);
}

int64_t integer_or(const std::map<std::string, TracedArgument>& arguments, const char* key, int64_t otherwise) {
  const auto found = arguments.find(key);
  return found == arguments.end() ? otherwise : std::get<int64_t>(found->second);
}

}  // namespace

std::vector<TracedBound> resolve_positions(const std::string& op, std::map<std::string, TracedArgument>& arguments,
                                           const at::Tensor& self, const std::string& name) {
  const bool slice = op == "aten.slice.Tensor" || op == "aten.slice_scatter", narrow = op == "aten.narrow",
             select = op == "aten.select.int" || op == "aten.select_scatter";
  if (!slice && !narrow && !select) return {};
  const int64_t dim = integer_or(arguments, "dim", 0);
  const int64_t size = self.size(dim);
  const std::string what = name.empty() ? "length of the sliced tensor" : name;
  if (select) {
    const int64_t index = integer_or(arguments, "index", 0);
    if (index < 0) arguments["index"] = index + size;
    return {{std::get<int64_t>(arguments["index"]) + 1, size, what}};
  }
  if (narrow) {
    const int64_t start = resolved(integer_or(arguments, "start", 0), size);
    arguments["start"] = start;
    return {{start + integer_or(arguments, "length", 0), size, what}};
  }
  const int64_t end = integer_or(arguments, "end", INT64_MAX);
  arguments["start"] = resolved(integer_or(arguments, "start", 0), size);
  arguments["end"] = resolved(end, size);
  // `end` inside: the tensor must stay long enough. Beyond (x[:512] of a shorter x): it must stay short enough.
  if (end >= 0 && end <= size) return {{end, size, what}};
  if (end > size && end < INT32_MAX) return {{size, end, "end of a slice"}};
  return {};
}

std::string graph_name(const c10::OperatorName& name) {
  std::string result = name.name;
  if (const size_t colons = result.find("::"); colons != std::string::npos) result.replace(colons, 2, ".");
  return name.overload_name.empty() ? result : result + "." + name.overload_name;
}

std::optional<c10::OperatorName> functional_form(const c10::FunctionSchema& schema) {
  c10::OperatorName name = schema.operator_name();
  if (name.name.empty() || name.name.back() != '_') return std::nullopt;
  name.name.pop_back();
  if (!c10::Dispatcher::singleton().findSchema(name)) return std::nullopt;
  return name;
}

}  // namespace octavo::observe
