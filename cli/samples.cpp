#include "cli/samples.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/safetensors.h"
#include "codegen/calibrate/samples.h"

namespace octavo::cli {

namespace {

const char* dtype_text(int32_t dtype) {
  switch (dtype) {
    case OCTAVO_I64:
      return "int64";
    case OCTAVO_I32:
      return "int32";
    case OCTAVO_BOOL:
      return "bool";
    default:
      return "float32";
  }
}

octavo_dtype abi_dtype(graph::DType dtype) {
  switch (dtype) {
    case graph::DType::i64:
      return OCTAVO_I64;
    case graph::DType::i32:
      return OCTAVO_I32;
    case graph::DType::boolean:
      return OCTAVO_BOOL;
    default:
      return OCTAVO_F32;
  }
}

}  // namespace

std::vector<std::string> input_texts(const octavo_description& description) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < description.input_count; ++i) {
    const octavo_input_info& input = description.inputs[i];
    std::vector<std::string> dims;
    for (int32_t d = 0; d < input.rank; ++d) {
      const octavo_dim& dim = input.shape[d];
      dims.push_back(dim.name != nullptr ? std::string(dim.name) : std::to_string(dim.size));
    }
    texts.push_back(fmt::format("{}:{}[{}]", input.name, dtype_text(input.dtype), fmt::join(dims, ",")));
  }
  return texts;
}

std::vector<Tensors> read_inputs(const std::filesystem::path& path, const octavo_description& description) {
  const auto declarations = calibrate::parse_inputs(input_texts(description));
  std::vector<Tensors> result;
  for (const calibrate::Sample& sample : calibrate::read_samples(path, declarations)) {
    Tensors& tensors = result.emplace_back();
    for (size_t i = 0; i < declarations.size(); ++i) {
      const calibrate::SampleTensor& from = sample.inputs[i];
      tensors[declarations[i].name] = Tensor{abi_dtype(from.dtype), from.shape, from.bytes};
    }
  }
  return result;
}

std::string sample_name(const std::string& name, size_t sample, size_t samples) {
  return samples == 1 ? name : name + "/" + std::to_string(sample);
}

void write_outputs(const std::filesystem::path& path, const std::vector<Tensors>& outputs) {
  std::vector<base::TensorToWrite> tensors;
  for (size_t i = 0; i < outputs.size(); ++i) {
    for (const auto& [name, tensor] : outputs[i]) {
      tensors.push_back(
          {sample_name(name, i, outputs.size()), {safetensors_name(tensor.dtype), tensor.shape}, tensor.bytes.data()});
    }
  }
  base::write_safetensors(path, tensors);
}

}  // namespace octavo::cli
