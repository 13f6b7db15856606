// corpus: mixture of experts with dense gating: experts in a vector and in a ModuleList, stack, einsum over the experts.
// corpus: module = MixtureModel(24, 3)
// corpus: input = features:float32[B,S,24]
// corpus: sizes = B=2,S=12 B=1,S=1
#include <torch/torch.h>
using torch::Tensor;

struct ExpertImpl : torch::nn::Module {
  ExpertImpl(int64_t width, int64_t inner)
      : up(register_module("up", torch::nn::Linear(width, inner))), down(register_module("down", torch::nn::Linear(inner, width))) {}
  Tensor forward(Tensor x) { return down(torch::silu(up(x))); }
  torch::nn::Linear up, down;
};
TORCH_MODULE(Expert);

struct MixtureImpl : torch::nn::Module {
  MixtureImpl(int64_t width, size_t count) : gate(torch::nn::LinearOptions(width, count).bias(false)) {
    register_module("gate", gate);
    for (size_t i = 0; i < count; ++i) experts.emplace_back(register_module("expert" + std::to_string(i), Expert(width, 2 * width)));
  }
  Tensor forward(const Tensor& x) {
    Tensor weights = torch::softmax(gate->forward(x), -1);  // [B, S, E]
    std::vector<Tensor> answers;
    for (auto& expert : experts) answers.push_back(expert->forward(x));
    Tensor stacked = torch::stack(answers, 2);  // [B, S, E, D]
    return torch::einsum("bse,bsed->bsd", {weights, stacked});
  }
  torch::nn::Linear gate;
  std::vector<Expert> experts;
};
TORCH_MODULE(Mixture);

// The same gating written as a loop.
struct LoopedImpl : torch::nn::Module {
  LoopedImpl(int64_t width, int count) {
    gate = register_module("gate", torch::nn::Linear(width, count));
    experts = register_module("experts", torch::nn::ModuleList());
    while (count-- > 0) experts->push_back(Expert(width, width));
  }
  Tensor forward(const Tensor& x) {
    auto weights = gate->forward(x).softmax(-1);
    auto y = torch::zeros_like(x);
    for (size_t e = 0; e < experts->size(); ++e) {
      auto w = weights.slice(-1, e, e + 1);
      y += w * experts[e]->as<ExpertImpl>()->forward(x);
    }
    return y;
  }
  torch::nn::Linear gate = nullptr;
  torch::nn::ModuleList experts = nullptr;
};
TORCH_MODULE(Looped);

struct MixtureModelImpl : torch::nn::Module {
  MixtureModelImpl(int64_t width, int count) : first(width, count), second(width, count), norm(torch::nn::LayerNormOptions({width})) {
    register_module("first", first);
    register_module("second", second);
    register_module("norm", norm);
  }
  Tensor forward(Tensor features) {
    Tensor x = features + first(features);
    return norm(x + second(x));
  }
  Mixture first;
  Looped second;
  torch::nn::LayerNorm norm;
};
TORCH_MODULE(MixtureModel);
