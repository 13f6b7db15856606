#pragma once

#include <torch/torch.h>

#include "attention.h"

namespace corpus
{
class LayerImpl : public torch::nn::Module
{
public:
    explicit LayerImpl(const BertConfig &config);
    torch::Tensor forward(torch::Tensor hidden, torch::Tensor mask);

private:
    Attention attention_;
    torch::nn::Linear intermediate_;
    torch::nn::Linear output_;
    torch::nn::LayerNorm norm_;
};
TORCH_MODULE(Layer);
}  // namespace corpus
