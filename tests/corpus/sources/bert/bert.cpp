// corpus: BERT-like encoder over three units with headers apart; members set in the constructor or in the init list.
// corpus: module = corpus::Bert(corpus::BertConfig{})
// corpus: input = input_ids:int64[B,S] below 50
// corpus: input = attention_mask:int64[B,S]
// corpus: units = bert/attention.cpp bert/layer.cpp
// corpus: headers = corpus/sources/bert/.*\.h$
// corpus: sizes = B=3,S=17 B=1,S=1
#include <torch/torch.h>

#include <limits>
#include <string>

#include "config.h"
#include "layer.h"

namespace corpus
{
struct EmbeddingsImpl : torch::nn::Module
{
    explicit EmbeddingsImpl(const BertConfig &config)
    {
        word_embeddings = register_module(
            "word_embeddings",
            torch::nn::Embedding(torch::nn::EmbeddingOptions(config.vocab_size, config.hidden_size).padding_idx(0)));
        position_embeddings =
            register_module("position_embeddings", torch::nn::Embedding(config.max_positions, config.hidden_size));
        LayerNorm = register_module("LayerNorm", torch::nn::LayerNorm(torch::nn::LayerNormOptions(
                                                     {config.hidden_size}).eps(config.layer_norm_eps)));
        position_ids = register_buffer("position_ids", torch::arange(config.max_positions).unsqueeze(0));
    }

    torch::Tensor forward(const torch::Tensor &input_ids)
    {
        const int seq_length = input_ids.size(1);
        auto positions = position_ids.slice(1, 0, seq_length);
        auto embeddings = word_embeddings->forward(input_ids) + position_embeddings->forward(positions);
        return LayerNorm->forward(embeddings);
    }

    torch::nn::Embedding word_embeddings{nullptr}, position_embeddings{nullptr};
    torch::nn::LayerNorm LayerNorm{nullptr};
    torch::Tensor position_ids;
};
TORCH_MODULE(Embeddings);

struct BertImpl : torch::nn::Module
{
    explicit BertImpl(const BertConfig &config) : embeddings(config), pooler(config.hidden_size, config.hidden_size)
    {
        register_module("embeddings", embeddings);
        for (int i = 0; i < config.num_layers; ++i)
            layer->push_back(Layer(config));
        register_module("layer", layer);
        register_module("pooler", pooler);
    }

    std::tuple<torch::Tensor, torch::Tensor> forward(const torch::Tensor &input_ids, const torch::Tensor &attention_mask)
    {
        auto extended = attention_mask.unsqueeze(1).unsqueeze(2).to(torch::kFloat32);
        extended = (1.0 - extended) * -10000.0;
        auto hidden = embeddings->forward(input_ids);
        for (size_t i = 0; i < layer->size(); ++i)
            hidden = layer[i]->as<Layer>()->forward(hidden, extended);
        auto first = hidden.select(1, 0);
        return {hidden, torch::tanh(pooler->forward(first))};
    }

    Embeddings embeddings;
    torch::nn::ModuleList layer;
    torch::nn::Linear pooler;
};
TORCH_MODULE(Bert);
}  // namespace corpus
