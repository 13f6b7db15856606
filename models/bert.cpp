// BERT in plain LibTorch, after Devlin et al. 2018. Modules carry the names of Hugging Face's BertModel, so a
// checkpoint's parameters load by their own names. Dims in comments: B batch, S tokens, D hidden, H heads, V
// vocabulary.
#include <torch/torch.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "activation.h"

struct BertConfig {
  int64_t vocab_size = 30522;
  int64_t hidden_size = 768;
  int64_t num_hidden_layers = 12;
  int64_t num_attention_heads = 12;
  int64_t intermediate_size = 3072;
  int64_t max_position_embeddings = 512;
  int64_t type_vocab_size = 2;
  int64_t pad_token_id = 0;
  double layer_norm_eps = 1e-12;
  double hidden_dropout_prob = 0.1;
  double attention_probs_dropout_prob = 0.1;
  std::string hidden_act = "gelu";
};

// sentence-transformers/all-MiniLM-L6-v2
inline BertConfig minilm_l6() {
  return {.hidden_size = 384, .num_hidden_layers = 6, .num_attention_heads = 12, .intermediate_size = 1536};
}

inline torch::nn::LayerNorm bert_layer_norm(const BertConfig& config) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({config.hidden_size}).eps(config.layer_norm_eps));
}

struct BertEmbeddingsImpl : torch::nn::Module {
  explicit BertEmbeddingsImpl(const BertConfig& config)
      : word_embeddings(
            torch::nn::EmbeddingOptions(config.vocab_size, config.hidden_size).padding_idx(config.pad_token_id)),
        position_embeddings(config.max_position_embeddings, config.hidden_size),
        token_type_embeddings(config.type_vocab_size, config.hidden_size),
        layer_norm(bert_layer_norm(config)),
        dropout(config.hidden_dropout_prob) {
    register_module("word_embeddings", word_embeddings);
    register_module("position_embeddings", position_embeddings);
    register_module("token_type_embeddings", token_type_embeddings);
    register_module("LayerNorm", layer_norm);
    register_module("dropout", dropout);
    position_ids = register_buffer(
        "position_ids", torch::arange(config.max_position_embeddings, torch::kInt64).unsqueeze(0));  // [1, positions]
  }

  torch::Tensor forward(const torch::Tensor& input_ids, const torch::Tensor& token_type_ids) {
    auto positions = position_ids.slice(1, 0, input_ids.size(1));  // [1, S]
    auto embedded = word_embeddings(input_ids) + token_type_embeddings(token_type_ids) + position_embeddings(positions);
    return dropout(layer_norm(embedded));  // [B, S, D]
  }

  torch::nn::Embedding word_embeddings, position_embeddings, token_type_embeddings;
  torch::nn::LayerNorm layer_norm;
  torch::nn::Dropout dropout;
  torch::Tensor position_ids;
};
TORCH_MODULE(BertEmbeddings);

struct BertSelfAttentionImpl : torch::nn::Module {
  explicit BertSelfAttentionImpl(const BertConfig& config)
      : heads(config.num_attention_heads),
        head_size(config.hidden_size / config.num_attention_heads),
        query(config.hidden_size, config.hidden_size),
        key(config.hidden_size, config.hidden_size),
        value(config.hidden_size, config.hidden_size),
        dropout(config.attention_probs_dropout_prob) {
    TORCH_CHECK(config.hidden_size % heads == 0, "BertConfig: hidden_size is no multiple of num_attention_heads");
    register_module("query", query);
    register_module("key", key);
    register_module("value", value);
    register_module("dropout", dropout);
  }

  // hidden [B, S, D], mask [B, 1, 1, S] added to the scores
  torch::Tensor forward(const torch::Tensor& hidden, const torch::Tensor& mask) {
    auto q = split_heads(query(hidden));
    auto k = split_heads(key(hidden));
    auto v = split_heads(value(hidden));
    auto scores = torch::matmul(q, k.transpose(-1, -2)) / std::sqrt(static_cast<double>(head_size));
    auto probabilities = dropout(torch::softmax(scores + mask, -1));  // [B, H, S, S]
    auto context = torch::matmul(probabilities, v);                   // [B, H, S, D/H]
    return context.transpose(1, 2).reshape({hidden.size(0), hidden.size(1), heads * head_size});
  }

  torch::Tensor split_heads(const torch::Tensor& x) const {
    return x.view({x.size(0), x.size(1), heads, head_size}).transpose(1, 2);  // [B, H, S, D/H]
  }

  int64_t heads, head_size;
  torch::nn::Linear query, key, value;
  torch::nn::Dropout dropout;
};
TORCH_MODULE(BertSelfAttention);

// The end of both halves of a block: project to D, add the residual, normalise.
struct BertOutputImpl : torch::nn::Module {
  BertOutputImpl(int64_t in_features, const BertConfig& config)
      : dense(in_features, config.hidden_size),
        layer_norm(bert_layer_norm(config)),
        dropout(config.hidden_dropout_prob) {
    register_module("dense", dense);
    register_module("LayerNorm", layer_norm);
    register_module("dropout", dropout);
  }

  torch::Tensor forward(const torch::Tensor& hidden, const torch::Tensor& residual) {
    return layer_norm(dropout(dense(hidden)) + residual);
  }

  torch::nn::Linear dense;
  torch::nn::LayerNorm layer_norm;
  torch::nn::Dropout dropout;
};
TORCH_MODULE(BertOutput);

struct BertAttentionImpl : torch::nn::Module {
  explicit BertAttentionImpl(const BertConfig& config) : self(config), output(config.hidden_size, config) {
    register_module("self", self);
    register_module("output", output);
  }

  torch::Tensor forward(const torch::Tensor& hidden, const torch::Tensor& mask) {
    return output(self(hidden, mask), hidden);
  }

  BertSelfAttention self;
  BertOutput output;
};
TORCH_MODULE(BertAttention);

struct BertIntermediateImpl : torch::nn::Module {
  explicit BertIntermediateImpl(const BertConfig& config)
      : dense(config.hidden_size, config.intermediate_size), activation(config.hidden_act) {
    register_module("dense", dense);
  }

  torch::Tensor forward(const torch::Tensor& hidden) { return activation_by_name(dense(hidden), activation); }

  torch::nn::Linear dense;
  std::string activation;
};
TORCH_MODULE(BertIntermediate);

struct BertLayerImpl : torch::nn::Module {
  explicit BertLayerImpl(const BertConfig& config)
      : attention(config), intermediate(config), output(config.intermediate_size, config) {
    register_module("attention", attention);
    register_module("intermediate", intermediate);
    register_module("output", output);
  }

  torch::Tensor forward(const torch::Tensor& hidden, const torch::Tensor& mask) {
    auto attended = attention(hidden, mask);
    return output(intermediate(attended), attended);
  }

  BertAttention attention;
  BertIntermediate intermediate;
  BertOutput output;
};
TORCH_MODULE(BertLayer);

struct BertEncoderImpl : torch::nn::Module {
  explicit BertEncoderImpl(const BertConfig& config) {
    for (int64_t i = 0; i < config.num_hidden_layers; ++i) layer->push_back(BertLayer(config));
    register_module("layer", layer);
  }

  torch::Tensor forward(torch::Tensor hidden, const torch::Tensor& mask) {
    for (const auto& block : *layer) hidden = block->as<BertLayer>()->forward(hidden, mask);
    return hidden;
  }

  torch::nn::ModuleList layer;
};
TORCH_MODULE(BertEncoder);

// The first token's vector, as classifiers read it.
struct BertPoolerImpl : torch::nn::Module {
  explicit BertPoolerImpl(const BertConfig& config) : dense(config.hidden_size, config.hidden_size) {
    register_module("dense", dense);
  }

  torch::Tensor forward(const torch::Tensor& hidden) { return torch::tanh(dense(hidden.select(1, 0))); }  // [B, D]

  torch::nn::Linear dense;
};
TORCH_MODULE(BertPooler);

struct BertModelImpl : torch::nn::Module {
  explicit BertModelImpl(const BertConfig& config) : embeddings(config), encoder(config), pooler(config) {
    register_module("embeddings", embeddings);
    register_module("encoder", encoder);
    register_module("pooler", pooler);
  }

  // input_ids, attention_mask (1 = token, 0 = padding), token_type_ids (all 0 if absent): int64 [B, S].
  // Returns the last hidden state [B, S, D].
  torch::Tensor forward(const torch::Tensor& input_ids, const torch::Tensor& attention_mask,
                        const torch::Tensor& token_type_ids = {}) {
    auto types = token_type_ids.defined() ? token_type_ids : torch::zeros_like(input_ids);
    auto padding = 1.0 - attention_mask.unsqueeze(1).unsqueeze(2).to(torch::kFloat);  // [B, 1, 1, S]
    auto mask = padding * std::numeric_limits<float>::lowest();
    return encoder(embeddings(input_ids, types), mask);
  }

  BertEmbeddings embeddings;
  BertEncoder encoder;
  BertPooler pooler;
};
TORCH_MODULE(BertModel);

struct BertForSequenceClassificationImpl : torch::nn::Module {
  BertForSequenceClassificationImpl(const BertConfig& config, int64_t num_labels)
      : bert(config), dropout(config.hidden_dropout_prob), classifier(config.hidden_size, num_labels) {
    register_module("bert", bert);
    register_module("dropout", dropout);
    register_module("classifier", classifier);
  }

  // Inputs as BertModel's; returns the logits [B, labels].
  torch::Tensor forward(const torch::Tensor& input_ids, const torch::Tensor& attention_mask,
                        const torch::Tensor& token_type_ids = {}) {
    auto hidden = bert(input_ids, attention_mask, token_type_ids);
    return classifier(dropout(bert->pooler(hidden)));
  }

  BertModel bert;
  torch::nn::Dropout dropout;
  torch::nn::Linear classifier;
};
TORCH_MODULE(BertForSequenceClassification);
