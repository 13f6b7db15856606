#pragma once

#include <torch/torch.h>

#include "config.h"

namespace corpus
{
struct SelfAttentionImpl : torch::nn::Module
{
    explicit SelfAttentionImpl(const BertConfig &config);
    torch::Tensor forward(const torch::Tensor &hidden, const torch::Tensor &mask);

private:
    torch::Tensor split_heads(torch::Tensor x) const;

    int num_heads, head_size;
    torch::nn::Linear query{nullptr}, key{nullptr}, value{nullptr};
    torch::nn::Dropout dropout{nullptr};
};
TORCH_MODULE(SelfAttention);

struct AttentionImpl : torch::nn::Module
{
    explicit AttentionImpl(const BertConfig &config);
    torch::Tensor forward(const torch::Tensor &hidden, const torch::Tensor &mask);

    SelfAttention self;
    torch::nn::Linear dense;
    torch::nn::LayerNorm LayerNorm;
    torch::nn::Dropout dropout;
};
TORCH_MODULE(Attention);
}  // namespace corpus
