// The declarations that rewritten source uses.
#pragma once

#include <torch/torch.h>

namespace octavo {
namespace nn {
class QuantLinearImpl : public torch::nn::LinearImpl {
 public:
  using torch::nn::LinearImpl::LinearImpl;
};
TORCH_MODULE(QuantLinear);

class QuantEmbeddingImpl : public torch::nn::EmbeddingImpl {
 public:
  using torch::nn::EmbeddingImpl::EmbeddingImpl;
};
class QuantEmbedding : public torch::nn::ModuleHolder<QuantEmbeddingImpl> {
 public:
  using torch::nn::ModuleHolder<QuantEmbeddingImpl>::ModuleHolder;
  static QuantEmbedding from_pretrained(const at::Tensor& weight);
};

class QuantizerImpl : public torch::nn::Module {
 public:
  at::Tensor forward(const at::Tensor& x);
};
TORCH_MODULE(Quantizer);
}  // namespace nn

nn::Quantizer quantizer(torch::nn::Module& owner, std::string name);
}  // namespace octavo
