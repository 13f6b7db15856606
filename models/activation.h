// What the ready models share: the activations of the FFN, by their names in Hugging Face's config.json.
#pragma once

#include <torch/torch.h>

#include <string>

inline torch::Tensor activation_by_name(const torch::Tensor& x, const std::string& name) {
  if (name == "gelu") return torch::gelu(x);
  if (name == "gelu_new" || name == "gelu_pytorch_tanh") return torch::gelu(x, "tanh");
  if (name == "relu") return torch::relu(x);
  TORCH_CHECK(false, "unknown activation '", name, "'");
}
