// corpus: results of every kind: tuple, struct of tensors, vector, optional, structured bindings, all hidden states returned.
// corpus: module = Verbose(36, 2)
// corpus: input = ids:int64[B,S] below 36
// corpus: sizes = B=2,S=12 B=1,S=1
#include <torch/torch.h>
#include <optional>
#include <tuple>

namespace results {
struct AttentionOutput {
  torch::Tensor context;
  std::optional<torch::Tensor> probabilities;
};
}  // namespace results

struct HeadsImpl : torch::nn::Module {
  HeadsImpl(int64_t width, int64_t heads) : heads(heads) {
    q = register_module("q", torch::nn::Linear(width, width));
    k = register_module("k", torch::nn::Linear(width, width));
    v = register_module("v", torch::nn::Linear(width, width));
  }
  std::tuple<torch::Tensor, torch::Tensor, torch::Tensor> project(const torch::Tensor& x) {
    const std::vector<int64_t> shape = {x.size(0), x.size(1), heads, x.size(2) / heads};
    return std::make_tuple(q(x).reshape(shape).transpose(1, 2), k(x).reshape(shape).transpose(1, 2), v(x).reshape(shape).transpose(1, 2));
  }
  results::AttentionOutput forward(const torch::Tensor& x, bool output_attentions = false) {
    const auto& [query, key, value] = project(x);
    results::AttentionOutput out;
    const auto probabilities = torch::softmax(torch::matmul(query, key.mT()) / std::sqrt(double(key.size(3))), 3);
    out.context = torch::matmul(probabilities, value).transpose(1, 2).flatten(2, 3);
    if (output_attentions) out.probabilities = probabilities;
    return out;
  }
  int64_t heads;
  torch::nn::Linear q{nullptr}, k{nullptr}, v{nullptr};
};
TORCH_MODULE(Heads);

struct VerboseImpl : torch::nn::Module {
  VerboseImpl(int64_t words, int64_t depth) : table(torch::nn::EmbeddingOptions(words, 32)) {
    register_module("table", table);
    for (int64_t i = 0; i < depth; ++i) {
      attention->push_back(Heads(32, 4));
      output->push_back(torch::nn::Linear(32, 32));
      norm->push_back(torch::nn::LayerNorm(torch::nn::LayerNormOptions({32})));
    }
    register_module("attention", attention);
    register_module("output", output);
    register_module("norm", norm);
  }
  std::tuple<torch::Tensor, std::vector<torch::Tensor>, std::optional<torch::Tensor>> forward(const torch::Tensor& ids) {
    auto hidden = table(ids);
    std::vector<torch::Tensor> states{hidden};
    std::optional<torch::Tensor> last;
    for (size_t i = 0; i < attention->size(); ++i) {
      auto result = attention->at<HeadsImpl>(i).forward(hidden, i + 1 == attention->size());
      hidden = norm[i]->as<torch::nn::LayerNorm>()->forward(output[i]->as<torch::nn::Linear>()->forward(result.context) + hidden);
      states.push_back(hidden);
      if (result.probabilities) last = result.probabilities;
    }
    return {hidden, states, last};
  }
  torch::nn::Embedding table;
  torch::nn::ModuleList attention, output, norm;
};
TORCH_MODULE(Verbose);
