// DistilBERT in plain LibTorch, after Sanh et al. 2019. Modules carry the names of Hugging Face's DistilBertModel, so a
// checkpoint's parameters load by their own names. Dims in comments: B batch, S tokens, D hidden, H heads.
#include <torch/torch.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "activation.h"

struct DistilBertConfig {
  int64_t vocab_size = 30522;
  int64_t dim = 768;
  int64_t n_layers = 6;
  int64_t n_heads = 12;
  int64_t hidden_dim = 3072;
  int64_t max_position_embeddings = 512;
  int64_t pad_token_id = 0;
  double dropout = 0.1;
  double attention_dropout = 0.1;
  std::string activation = "gelu";
};

inline torch::nn::LayerNorm distilbert_layer_norm(const DistilBertConfig& config) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({config.dim}).eps(1e-12));
}

struct DistilBertEmbeddingsImpl : torch::nn::Module {
  explicit DistilBertEmbeddingsImpl(const DistilBertConfig& config)
      : word_embeddings(torch::nn::EmbeddingOptions(config.vocab_size, config.dim).padding_idx(config.pad_token_id)),
        position_embeddings(config.max_position_embeddings, config.dim),
        layer_norm(distilbert_layer_norm(config)),
        dropout(config.dropout) {
    register_module("word_embeddings", word_embeddings);
    register_module("position_embeddings", position_embeddings);
    register_module("LayerNorm", layer_norm);
    register_module("dropout", dropout);
    position_ids = register_buffer(
        "position_ids", torch::arange(config.max_position_embeddings, torch::kInt64).unsqueeze(0));  // [1, positions]
  }

  torch::Tensor forward(const torch::Tensor& input_ids) {
    auto positions = position_ids.slice(1, 0, input_ids.size(1));  // [1, S]
    auto embedded = word_embeddings(input_ids) + position_embeddings(positions);
    return dropout(layer_norm(embedded));  // [B, S, D]
  }

  torch::nn::Embedding word_embeddings, position_embeddings;
  torch::nn::LayerNorm layer_norm;
  torch::nn::Dropout dropout;
  torch::Tensor position_ids;
};
TORCH_MODULE(DistilBertEmbeddings);

struct DistilBertAttentionImpl : torch::nn::Module {
  explicit DistilBertAttentionImpl(const DistilBertConfig& config)
      : heads(config.n_heads),
        head_size(config.dim / config.n_heads),
        q_lin(config.dim, config.dim),
        k_lin(config.dim, config.dim),
        v_lin(config.dim, config.dim),
        out_lin(config.dim, config.dim),
        dropout(config.attention_dropout) {
    TORCH_CHECK(config.dim % heads == 0, "DistilBertConfig: dim is no multiple of n_heads");
    register_module("q_lin", q_lin);
    register_module("k_lin", k_lin);
    register_module("v_lin", v_lin);
    register_module("out_lin", out_lin);
    register_module("dropout", dropout);
  }

  // hidden [B, S, D], mask [B, 1, 1, S] added to the scores
  torch::Tensor forward(const torch::Tensor& hidden, const torch::Tensor& mask) {
    auto q = split_heads(q_lin(hidden)) / std::sqrt(static_cast<double>(head_size));
    auto k = split_heads(k_lin(hidden));
    auto v = split_heads(v_lin(hidden));
    auto scores = torch::matmul(q, k.transpose(-1, -2));
    auto probabilities = dropout(torch::softmax(scores + mask, -1));  // [B, H, S, S]
    auto context = torch::matmul(probabilities, v);                   // [B, H, S, D/H]
    return out_lin(context.transpose(1, 2).reshape({hidden.size(0), hidden.size(1), heads * head_size}));
  }

  torch::Tensor split_heads(const torch::Tensor& x) const {
    return x.view({x.size(0), x.size(1), heads, head_size}).transpose(1, 2);  // [B, H, S, D/H]
  }

  int64_t heads, head_size;
  torch::nn::Linear q_lin, k_lin, v_lin, out_lin;
  torch::nn::Dropout dropout;
};
TORCH_MODULE(DistilBertAttention);

struct DistilBertFeedForwardImpl : torch::nn::Module {
  explicit DistilBertFeedForwardImpl(const DistilBertConfig& config)
      : lin1(config.dim, config.hidden_dim),
        lin2(config.hidden_dim, config.dim),
        dropout(config.dropout),
        activation(config.activation) {
    register_module("lin1", lin1);
    register_module("lin2", lin2);
    register_module("dropout", dropout);
  }

  torch::Tensor forward(const torch::Tensor& hidden) {
    return dropout(lin2(activation_by_name(lin1(hidden), activation)));
  }

  torch::nn::Linear lin1, lin2;
  torch::nn::Dropout dropout;
  std::string activation;
};
TORCH_MODULE(DistilBertFeedForward);

struct DistilBertBlockImpl : torch::nn::Module {
  explicit DistilBertBlockImpl(const DistilBertConfig& config)
      : attention(config),
        sa_layer_norm(distilbert_layer_norm(config)),
        ffn(config),
        output_layer_norm(distilbert_layer_norm(config)) {
    register_module("attention", attention);
    register_module("sa_layer_norm", sa_layer_norm);
    register_module("ffn", ffn);
    register_module("output_layer_norm", output_layer_norm);
  }

  torch::Tensor forward(const torch::Tensor& hidden, const torch::Tensor& mask) {
    auto attended = sa_layer_norm(attention(hidden, mask) + hidden);
    return output_layer_norm(ffn(attended) + attended);
  }

  DistilBertAttention attention;
  torch::nn::LayerNorm sa_layer_norm;
  DistilBertFeedForward ffn;
  torch::nn::LayerNorm output_layer_norm;
};
TORCH_MODULE(DistilBertBlock);

struct DistilBertTransformerImpl : torch::nn::Module {
  explicit DistilBertTransformerImpl(const DistilBertConfig& config) {
    for (int64_t i = 0; i < config.n_layers; ++i) layer->push_back(DistilBertBlock(config));
    register_module("layer", layer);
  }

  torch::Tensor forward(torch::Tensor hidden, const torch::Tensor& mask) {
    for (const auto& block : *layer) hidden = block->as<DistilBertBlock>()->forward(hidden, mask);
    return hidden;
  }

  torch::nn::ModuleList layer;
};
TORCH_MODULE(DistilBertTransformer);

struct DistilBertModelImpl : torch::nn::Module {
  explicit DistilBertModelImpl(const DistilBertConfig& config) : embeddings(config), transformer(config) {
    register_module("embeddings", embeddings);
    register_module("transformer", transformer);
  }

  // input_ids, attention_mask (1 = token, 0 = padding): int64 [B, S]. Returns the last hidden state [B, S, D].
  torch::Tensor forward(const torch::Tensor& input_ids, const torch::Tensor& attention_mask) {
    auto padding = 1.0 - attention_mask.unsqueeze(1).unsqueeze(2).to(torch::kFloat);  // [B, 1, 1, S]
    auto mask = padding * std::numeric_limits<float>::lowest();
    return transformer(embeddings(input_ids), mask);
  }

  DistilBertEmbeddings embeddings;
  DistilBertTransformer transformer;
};
TORCH_MODULE(DistilBertModel);
