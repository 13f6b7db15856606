// corpus: elements written through a pointer, which no operator sees
// corpus: module = Scaled(16)
// corpus: input = x:float32[B,S,16]
// corpus: refused = written_pointer.cpp: | data_ptr | operators
#include <torch/torch.h>

struct ScaledImpl : torch::nn::Module {
  explicit ScaledImpl(int64_t n) : body(register_module("body", torch::nn::Linear(n, n))) {}
  torch::Tensor forward(torch::Tensor x) {
    auto y = body(x).contiguous();
    auto* element = y.data_ptr<float>();
    for (int64_t i = 0; i < y.numel(); ++i) element[i] *= 2;
    return y;
  }
  torch::nn::Linear body;
};
TORCH_MODULE(Scaled);
