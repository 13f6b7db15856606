// One block of a transformer as people write it: members in several styles, free and member products.
#include <cmath>
#include <string>

#include <torch/torch.h>

namespace nn = torch::nn;

using Norm = nn::LayerNorm;

struct SelfAttentionImpl : nn::Module {
  SelfAttentionImpl(int64_t width, int64_t heads) : heads(heads), value(nn::LinearOptions(width, width).bias(false)) {
    query = register_module("query", nn::Linear(width, width));
    key = register_module("key", nn::Linear(nn::LinearOptions(width, width)));
    register_module("value", value);
  }

  torch::Tensor forward(const torch::Tensor& hidden) {
    auto q = query->forward(hidden);
    auto k = key(hidden);

    // [B, H, S, S]
    auto scores = torch::matmul(q, k.transpose(-1, -2)) / std::sqrt(8.0);
    auto probabilities = torch::softmax(scores, -1);
    return probabilities.matmul(value(hidden));
  }

  int64_t heads;
  nn::Linear query{nullptr}, key{nullptr};
  nn::Linear value;  // without a bias
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
};
TORCH_MODULE(Block);

BlockImpl::BlockImpl(int64_t width)
    : attention(width, 4),
      attention_norm(std::vector<int64_t>{width}),
      output_norm(std::vector<int64_t>{width}),
      feed_forward(nn::Linear(width, 4 * width), nn::Dropout(), nn::Linear(4 * width, width)) {}

torch::Tensor BlockImpl::forward(torch::Tensor x) {
  x = attention_norm(dropout(attention(x)) + x);
  return output_norm->forward(x + feed_forward->forward(x));
}

struct Embeddings : nn::Module {
  nn::Embedding words{30522, 384};
  std::vector<nn::Embedding> others = {nn::Embedding(512, 384), nn::Embedding(2, 384)};
};
