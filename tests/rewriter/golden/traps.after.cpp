// Places that must stay as they are, each with its reason, among places that change.
#include <octavo/torch.h>
#include <torch/torch.h>

#define DECLARE_LINEAR(name) torch::nn::Linear name{nullptr}
#define PRODUCT(a, b) torch::matmul(a, b)

struct LayerNormImpl : torch::nn::Module {
  torch::Tensor forward(torch::Tensor x) { return torch::layer_norm(output_norm_input(x), {4}); }
  octavo::nn::Quantizer output_norm_input = octavo::quantizer(*this, "output_norm_input");
};
TORCH_MODULE(LayerNorm);

torch::Tensor attend(torch::Tensor q, torch::Tensor k) { return torch::matmul(q, k); }

template <class Tensor>
Tensor generic(Tensor q, Tensor k) {
  return torch::matmul(q, k) + q.matmul(k);
}

struct NetImpl : torch::nn::Module {
  NetImpl() {
    hidden = register_module("hidden", torch::nn::Linear(4, 4));
    output = register_module("output", octavo::nn::QuantLinear(4, 4));
  }

  torch::Tensor forward(torch::Tensor x) {
    auto scores = PRODUCT(x, x);
    auto closed = [](torch::Tensor a) { return a.mm(a); };
    auto plain = norm->forward(x);
    return torch::matmul(output_lhs(scores), output_rhs(closed(plain)));
  }

  void freeze() {
    for (auto& module : modules()) {
      if (auto* linear = module->as<torch::nn::LinearImpl>()) linear->weight = {};
    }
  }

  DECLARE_LINEAR(hidden);
  octavo::nn::QuantLinear output{nullptr};
  LayerNorm norm;
  octavo::nn::Quantizer output_lhs = octavo::quantizer(*this, "output_lhs");
  octavo::nn::Quantizer output_rhs = octavo::quantizer(*this, "output_rhs");
};

#ifdef WITH_HEAD
torch::nn::Linear head(4, 4);
#endif
