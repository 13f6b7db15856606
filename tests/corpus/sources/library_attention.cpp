// corpus: torch::nn::MultiheadAttention beside torch::nn::TransformerEncoderLayer, sequence first as the library wants it.
// corpus: module = Enc()
// corpus: input = x:float32[B,S,32]
// corpus: sizes = B=2,S=12 B=1,S=3
#include <torch/torch.h>
struct EncImpl : torch::nn::Module {
  EncImpl() : attention(torch::nn::MultiheadAttentionOptions(32, 4)), layer(torch::nn::TransformerEncoderLayerOptions(32, 4).dim_feedforward(64)) {
    register_module("attention", attention);
    register_module("layer", layer);
  }
  torch::Tensor forward(torch::Tensor x) {  // [B, S, 32]
    auto t = x.transpose(0, 1);
    auto [y, w] = attention(t, t, t);
    return layer(y + t).transpose(0, 1);
  }
  torch::nn::MultiheadAttention attention;
  torch::nn::TransformerEncoderLayer layer;
};
TORCH_MODULE(Enc);
