#include "layer.h"

namespace corpus
{
LayerImpl::LayerImpl(const BertConfig &config)
    : attention_(config),
      intermediate_(register_module("intermediate", torch::nn::Linear(config.hidden_size, config.intermediate_size))),
      output_(register_module("output", torch::nn::Linear(config.intermediate_size, config.hidden_size))),
      norm_(register_module("LayerNorm",
                            torch::nn::LayerNorm(torch::nn::LayerNormOptions({config.hidden_size}).eps(config.layer_norm_eps))))
{
    register_module("attention", attention_);
}

torch::Tensor LayerImpl::forward(torch::Tensor hidden, torch::Tensor mask)
{
    hidden = attention_->forward(hidden, mask);
    auto inner = torch::gelu(intermediate_->forward(hidden));
    return norm_->forward(hidden + output_->forward(inner));
}
}  // namespace corpus
