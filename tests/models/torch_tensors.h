// For the reference program: safetensors files in and out of LibTorch, without the loader that is under test.
#pragma once

#include <torch/torch.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <string>

#include "base/safetensors.h"

using Tensors = std::map<std::string, torch::Tensor>;

inline Tensors read_tensors(const std::filesystem::path& path) {
  const auto file = octavo::base::Safetensors::open(path);
  Tensors tensors;
  for (const auto& [name, info] : file.tensors()) {
    TORCH_CHECK(info.dtype == "F32" || info.dtype == "I64", name, ": no dtype of these programs: ", info.dtype);
    auto tensor = torch::empty(info.shape, info.dtype == "F32" ? torch::kFloat : torch::kInt64);
    const auto bytes = file.bytes(name);
    std::memcpy(tensor.data_ptr(), bytes.data(), bytes.size());
    tensors.emplace(name, tensor);
  }
  return tensors;
}

inline void write_tensors(const std::filesystem::path& path, const Tensors& tensors) {
  std::vector<octavo::base::TensorToWrite> list;
  for (const auto& [name, tensor] : tensors) {
    TORCH_CHECK(tensor.is_contiguous() && tensor.scalar_type() == torch::kFloat, name, ": contiguous float32 only");
    list.push_back({name, {"F32", tensor.sizes().vec()}, tensor.data_ptr()});
  }
  octavo::base::write_safetensors(path, list);
}

// Every parameter of the module must be in the file, with its shape.
inline void load_weights(torch::nn::Module& module, const std::filesystem::path& path) {
  torch::NoGradGuard no_grad;
  const auto tensors = read_tensors(path);
  for (auto& parameter : module.named_parameters()) {
    const auto& value = tensors.at(parameter.key());
    TORCH_CHECK(value.sizes() == parameter->sizes(), parameter.key(), ": shape ", value.sizes());
    parameter->copy_(value);
  }
}
