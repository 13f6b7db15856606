#include <torch/torch.h>

struct NetImpl : torch::nn::Module {
  NetImpl() { register_module("dense", dense); }
  torch::Tensor forward(const torch::Tensor& x) {
    auto y = dense(x);
    if (y.sum().item<float>() > 0) return y;
    return -y;
  }
  torch::nn::Linear dense{4, 4};
};
TORCH_MODULE(Net);
