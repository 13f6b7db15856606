#include "attention.h"

#include <cmath>

namespace corpus
{
SelfAttentionImpl::SelfAttentionImpl(const BertConfig &config)
    : num_heads(config.num_heads), head_size(static_cast<int>(config.hidden_size) / config.num_heads)
{
    query = register_module("query", torch::nn::Linear(config.hidden_size, config.hidden_size));
    key = register_module("key", torch::nn::Linear(config.hidden_size, config.hidden_size));
    value = register_module("value", torch::nn::Linear(config.hidden_size, config.hidden_size));
    dropout = register_module("dropout", torch::nn::Dropout(config.dropout));
}

torch::Tensor SelfAttentionImpl::split_heads(torch::Tensor x) const
{
    auto sizes = x.sizes().vec();
    sizes.pop_back();
    sizes.push_back(num_heads);
    sizes.push_back(head_size);
    return x.view(sizes).permute({0, 2, 1, 3});
}

torch::Tensor SelfAttentionImpl::forward(const torch::Tensor &hidden, const torch::Tensor &mask)
{
    auto q = split_heads(query->forward(hidden));
    auto k = split_heads(key->forward(hidden));
    auto v = split_heads(value->forward(hidden));

    // [B, heads, S, S]
    auto scores = torch::matmul(q, k.transpose(-1, -2));
    scores = scores / std::sqrt(static_cast<double>(head_size));
    scores = scores + mask;
    auto probs = dropout->forward(torch::nn::functional::softmax(scores, torch::nn::functional::SoftmaxFuncOptions(-1)));

    auto context = torch::matmul(probs, v).permute({0, 2, 1, 3}).contiguous();
    return context.view({context.size(0), context.size(1), num_heads * head_size});
}

AttentionImpl::AttentionImpl(const BertConfig &config)
    : self(config),
      dense(torch::nn::LinearOptions(config.hidden_size, config.hidden_size)),
      LayerNorm(torch::nn::LayerNormOptions({config.hidden_size}).eps(config.layer_norm_eps)),
      dropout(config.dropout)
{
    register_module("self", self);
    register_module("dense", dense);
    register_module("LayerNorm", LayerNorm);
    register_module("dropout", dropout);
}

torch::Tensor AttentionImpl::forward(const torch::Tensor &hidden, const torch::Tensor &mask)
{
    auto attended = self->forward(hidden, mask);
    return LayerNorm->forward(dropout->forward(dense->forward(attended)) + hidden);
}
}  // namespace corpus
