// corpus: a submodule that nobody registered: its weights have no name
// corpus: module = Hidden(16)
// corpus: input = x:float32[B,16]
// corpus: refused = unregistered.cpp:10 | register_module
#include <torch/torch.h>

struct HiddenImpl : torch::nn::Module {
  explicit HiddenImpl(int64_t n) : body(register_module("body", torch::nn::Linear(n, n))), head(n, 4) {}
  torch::Tensor forward(torch::Tensor x) {
    return head(torch::relu(body(x)));
  }
  torch::nn::Linear body, head;
};
TORCH_MODULE(Hidden);
