#include "codegen/observe/probe.h"

#include "codegen/observe/fit.h"
#include "codegen/observe/size_one.h"
#include "codegen/observe/unify.h"

namespace octavo::observe {

using base::Error;
using base::Exit;
using graph::DType;

at::ScalarType scalar_type(DType dtype) {
  switch (dtype) {
    case DType::i64:
      return at::kLong;
    case DType::i32:
      return at::kInt;
    case DType::boolean:
      return at::kBool;
    case DType::f16:
      return at::kHalf;
    case DType::bf16:
      return at::kBFloat16;
    case DType::f64:
      return at::kDouble;
    case DType::u8:
      return at::kByte;
    case DType::s8:
      return at::kChar;
    case DType::f32:
      break;
  }
  return at::kFloat;
}

std::vector<at::Tensor> plain_inputs(const std::vector<calibrate::InputDecl>& inputs, const graph::Dim::Sizes& sizes) {
  std::vector<at::Tensor> tensors;
  for (const calibrate::InputDecl& input : inputs) {
    std::vector<int64_t> shape;
    int64_t elements = 1;
    for (const graph::Dim& dim : input.dims) {
      shape.push_back(dim.evaluate(sizes));
      elements *= shape.back();
    }
    const auto named = [&](const char* part) { return input.name.find(part) != std::string::npos; };
    const at::Tensor count = at::arange(elements, at::kLong);
    at::Tensor values;
    if (input.dtype == DType::f32) {
      values = at::sin(count.to(at::kDouble)) * 0.5;
    } else if (named("mask") || input.dtype == DType::boolean) {
      values = at::ones({elements});
    } else if (named("type") || named("segment")) {
      values = at::zeros({elements});  // some models know one type only
    } else {
      values = at::remainder(count, 2);
    }
    tensors.push_back(values.to(scalar_type(input.dtype)).reshape(shape));
  }
  return tensors;
}

at::Tensor to_tensor(const calibrate::SampleTensor& sample) {
  at::Tensor tensor = at::empty(sample.shape, scalar_type(sample.dtype));
  TORCH_CHECK(static_cast<size_t>(tensor.nbytes()) == sample.bytes.size(), "sample bytes do not fill its shape");
  std::memcpy(tensor.data_ptr(), sample.bytes.data(), sample.bytes.size());
  return tensor;
}

std::vector<std::string> output_names(const Outputs& outputs, const std::vector<std::string>& given) {
  if (!given.empty()) {
    if (given.size() == outputs.tensors.size()) return given;
    throw Error(
        Exit::usage, {},
        std::to_string(given.size()) + " output names for " + std::to_string(outputs.tensors.size()) + " outputs",
        "give --output-name once for each tensor that the forward returns");
  }
  if (outputs.single) return {"output"};
  std::vector<std::string> names;
  for (size_t i = 0; i < outputs.tensors.size(); ++i) names.push_back("output." + std::to_string(i));
  return names;
}

namespace {

// LibTorch fills torch::tensor({…}) behind the recorder's back: contents that vary with the sizes show here.
void check_same_contents(const std::vector<Recording>& recordings, int value, const graph::Graph& graph,
                         graph::ValueId id) {
  const at::Tensor& first = recordings[0].tensors[static_cast<size_t>(value)];
  for (const Recording& other : recordings) {
    const at::Tensor& tensor = other.tensors[static_cast<size_t>(value)];
    if (tensor.is_same(first)) continue;
    if (tensor.sizes() == first.sizes() &&
        (at::equal(first, tensor) || at::allclose(first, tensor, 0, 0, /*equal_nan=*/true)))
      continue;
    base::Place where;
    for (const graph::Call& call : graph.calls) {
      if (where.file.empty() && std::count(call.operands.begin(), call.operands.end(), id) > 0) where = call.where;
    }
    throw Error(Exit::refused, where,
                "a tensor is read whose contents change with the sizes, though no recorded call made them",
                "make it with an operator: torch::full, torch::arange");
  }
}

void check_declared(const std::vector<calibrate::InputDecl>& inputs, const Traced& traced) {
  const graph::Uses uses(traced.graph);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto id = static_cast<size_t>(traced.graph.inputs[i]);
    if (!uses.consumers[id].empty() || uses.is_output[id]) continue;
    // Not an error: a mask may be unused in a small model. The compiled class keeps the parameter.
    std::fprintf(stderr, "note: no output depends on input '%s'\n", inputs[i].name.c_str());
  }
}

}  // namespace

Traced trace(const Program& program, const std::vector<calibrate::InputDecl>& inputs, const TraceOptions& options) {
  name_sites(*program.module);
  program.module->eval();
  Outputs outputs;
  const Forward forward = [&](const std::vector<at::Tensor>& tensors) {
    outputs = program.forward(tensors);
    return outputs.tensors;
  };
  const std::vector<std::string> dims = calibrate::dim_names(inputs);
  std::vector<graph::Dim::Sizes> probes = probe_sizes(dims);
  if (dims.empty()) probes.resize(2);  // the second still tells constants that change from call to call
  // What a module makes on its first call and keeps, such as a table of rotations, is there when the probes begin.
  const Recording first =
      record(*program.module, forward, plain_inputs(inputs, probes.front()), probes.front(), {options.sources, false});
  std::vector<Recording> recordings;
  std::vector<Trace> traces;
  // Other probes are placed only when they differ: the place of a difference is that of the first.
  const auto record_at = [&](const graph::Dim::Sizes& sizes) {
    return record(*program.module, forward, plain_inputs(inputs, sizes), sizes,
                  {options.sources, recordings.empty(), &first});
  };
  for (const graph::Dim::Sizes& sizes : probes) {
    recordings.push_back(record_at(sizes));
    traces.push_back(recordings.back().trace);
  }
  std::vector<std::string> input_names;
  for (const calibrate::InputDecl& input : inputs) input_names.push_back(input.name);
  Unified unified = unify(options.name, dims, traces, input_names, output_names(outputs, options.output_names));
  Traced traced{std::move(unified.graph), {}};
  for (size_t i = 0; i < traced.graph.weights.size(); ++i) {
    const graph::Weight& weight = traced.graph.weights[i];
    const int value = unified.weight_values[i];
    check_same_contents(recordings, value, traced.graph, weight.value);
    traced.tensors.emplace_back(weight.tensors.front(),
                                recordings[0].tensors[static_cast<size_t>(value)].detach().contiguous());
  }
  check_declared(inputs, traced);
  for (graph::Requirement& requirement : size_one_requirements(recordings, record_at)) {
    traced.graph.requirements.push_back(std::move(requirement));
  }
  return traced;
}

std::vector<base::TensorToWrite> to_write(const std::vector<std::pair<std::string, at::Tensor>>& tensors) {
  std::vector<base::TensorToWrite> result;
  for (const auto& [name, tensor] : tensors) {
    std::string dtype;
    switch (dtype_of(tensor)) {
      case DType::f32:
        dtype = "F32";
        break;
      case DType::f16:
        dtype = "F16";
        break;
      case DType::bf16:
        dtype = "BF16";
        break;
      case DType::f64:
        dtype = "F64";
        break;
      case DType::i64:
        dtype = "I64";
        break;
      case DType::i32:
        dtype = "I32";
        break;
      case DType::u8:
        dtype = "U8";
        break;
      case DType::s8:
        dtype = "I8";
        break;
      case DType::boolean:
        dtype = "BOOL";
        break;
    }
    result.push_back({name, {dtype, tensor.sizes().vec()}, tensor.data_ptr()});
  }
  return result;
}

}  // namespace octavo::observe
