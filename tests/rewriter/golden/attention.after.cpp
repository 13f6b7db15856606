// One block of a transformer as people write it: members in several styles, free and member products.
#include <cmath>
#include <string>

#include <octavo/torch.h>
#include <torch/torch.h>

namespace nn = torch::nn;

using Norm = nn::LayerNorm;

struct SelfAttentionImpl : nn::Module {
  SelfAttentionImpl(int64_t width, int64_t heads) : heads(heads), value(nn::LinearOptions(width, width).bias(false)) {
    query = register_module("query", octavo::nn::QuantLinear(width, width));
    key = register_module("key", octavo::nn::QuantLinear(nn::LinearOptions(width, width)));
    register_module("value", value);
  }

  torch::Tensor forward(const torch::Tensor& hidden) {
    auto q = query->forward(hidden);
    auto k = key(hidden);

    // [B, H, S, S]
    auto scores = torch::matmul(scores_lhs(q), scores_rhs(k.transpose(-1, -2))) / std::sqrt(8.0);
    auto probabilities = torch::softmax(scores, -1);
    return output_lhs(probabilities).matmul(output_rhs(value(hidden)));
  }

  int64_t heads;
  octavo::nn::QuantLinear query{nullptr}, key{nullptr};
  octavo::nn::QuantLinear value;  // without a bias
  octavo::nn::Quantizer scores_lhs = octavo::quantizer(*this, "scores_lhs");
  octavo::nn::Quantizer scores_rhs = octavo::quantizer(*this, "scores_rhs");
  octavo::nn::Quantizer output_lhs = octavo::quantizer(*this, "output_lhs");
  octavo::nn::Quantizer output_rhs = octavo::quantizer(*this, "output_rhs");
};
TORCH_MODULE(SelfAttention);

class BlockImpl : public nn::Module {
 public:
  explicit BlockImpl(int64_t width);
  torch::Tensor forward(torch::Tensor x);

 private:
  SelfAttention attention{nullptr};
  Norm attention_norm{nullptr}, output_norm{nullptr};
  nn::Sequential feed_forward{nullptr};
  nn::Dropout dropout;
  octavo::nn::Quantizer attention_norm_input = octavo::quantizer(*this, "attention_norm_input");
  octavo::nn::Quantizer attention_norm_residual = octavo::quantizer(*this, "attention_norm_residual");
  octavo::nn::Quantizer output_norm_residual = octavo::quantizer(*this, "output_norm_residual");
  octavo::nn::Quantizer output_norm_input = octavo::quantizer(*this, "output_norm_input");
};
TORCH_MODULE(Block);

BlockImpl::BlockImpl(int64_t width)
    : attention(width, 4),
      attention_norm(std::vector<int64_t>{width}),
      output_norm(std::vector<int64_t>{width}),
      feed_forward(octavo::nn::QuantLinear(width, 4 * width), nn::Dropout(), octavo::nn::QuantLinear(4 * width, width)) {}

torch::Tensor BlockImpl::forward(torch::Tensor x) {
  x = attention_norm(attention_norm_input(dropout(attention(x))) + attention_norm_residual(x));
  return output_norm->forward(output_norm_residual(x) + output_norm_input(feed_forward->forward(x)));
}

struct Embeddings : nn::Module {
  octavo::nn::QuantEmbedding words{30522, 384};
  std::vector<octavo::nn::QuantEmbedding> others = {octavo::nn::QuantEmbedding(512, 384), octavo::nn::QuantEmbedding(2, 384)};
};
