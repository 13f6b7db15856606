// corpus: control flow on a tensor's value
// corpus: module = Early(16)
// corpus: input = x:float32[B,16]
// corpus: refused = value_branch.cpp:11 | torch::where
#include <torch/torch.h>

struct EarlyImpl : torch::nn::Module {
  explicit EarlyImpl(int64_t n) : gate(register_module("gate", torch::nn::Linear(n, 1))), body(register_module("body", torch::nn::Linear(n, n))) {}
  torch::Tensor forward(torch::Tensor x) {
    auto score = gate(x).mean();
    if (score.item<float>() > 0) return x;
    return body(x);
  }
  torch::nn::Linear gate, body;
};
TORCH_MODULE(Early);
