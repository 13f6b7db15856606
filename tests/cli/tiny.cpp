// A small encoder with every kind of site, so that a whole build takes seconds.
#include <torch/torch.h>

#include <cmath>

#include "tiny_config.h"

namespace tiny {

struct BlockImpl : torch::nn::Module {
  explicit BlockImpl(const Config& config)
      : query(config.hidden, config.hidden),
        key(config.hidden, config.hidden),
        value(config.hidden, config.hidden),
        output(config.hidden, config.hidden),
        norm(torch::nn::LayerNormOptions({config.hidden})) {
    register_module("query", query);
    register_module("key", key);
    register_module("value", value);
    register_module("output", output);
    register_module("norm", norm);
  }

  // hidden [B, S, D], mask [B, 1, S] added to the scores
  torch::Tensor forward(const torch::Tensor& hidden, const torch::Tensor& mask) {
    auto scores =
        torch::matmul(query(hidden), key(hidden).transpose(-1, -2)) / std::sqrt(static_cast<double>(hidden.size(2)));
    auto context = torch::matmul(torch::softmax(scores + mask, -1), value(hidden));
    return norm(torch::gelu(output(context)) + hidden);
  }

  torch::nn::Linear query, key, value, output;
  torch::nn::LayerNorm norm;
};
TORCH_MODULE(Block);

struct ModelImpl : torch::nn::Module {
  explicit ModelImpl(const Config& config)
      : words(config.vocabulary, config.hidden), positions(config.positions, config.hidden), block(config) {
    register_module("words", words);
    register_module("positions", positions);
    register_module("block", block);
    position_ids = register_buffer("position_ids", torch::arange(config.positions, torch::kInt64).unsqueeze(0));
  }

  // ids, mask [B, S]; returns [B, S, D]
  torch::Tensor forward(const torch::Tensor& ids, const torch::Tensor& mask) {
    auto hidden = words(ids) + positions(position_ids.slice(1, 0, ids.size(1)));
    return block(hidden, (1.0 - mask.unsqueeze(1).to(torch::kFloat)) * -1e4);
  }

  torch::nn::Embedding words, positions;
  Block block;
  torch::Tensor position_ids;
};
TORCH_MODULE(Model);

}  // namespace tiny

// Sources that try their model have one; the observed program has its own.
int main() {
  const auto ids = torch::ones({1, 4}, torch::kLong);
  std::cout << tiny::Model(tiny::Config{})->forward(ids, ids) << "\n";
}
