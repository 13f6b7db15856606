// corpus: random numbers in forward
// corpus: module = Noisy(16)
// corpus: input = x:float32[B,16]
// corpus: refused = random_noise.cpp:10 | is_training
#include <torch/torch.h>

struct NoisyImpl : torch::nn::Module {
  explicit NoisyImpl(int64_t n) : body(register_module("body", torch::nn::Linear(n, n))) {}
  torch::Tensor forward(torch::Tensor x) {
    return body(x + 0.1 * torch::randn_like(x));
  }
  torch::nn::Linear body;
};
TORCH_MODULE(Noisy);
