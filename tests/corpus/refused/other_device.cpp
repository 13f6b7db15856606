// corpus: a forward that moves its input to a device of its own choice
// corpus: module = Moved(16)
// corpus: input = x:float32[B,S,16]
// corpus: refused = other_device.cpp: | cuda | leave the move out
#include <torch/torch.h>

struct MovedImpl : torch::nn::Module {
  explicit MovedImpl(int64_t n) : body(register_module("body", torch::nn::Linear(n, n))) {}
  torch::Tensor forward(torch::Tensor x) {
    x = x.cuda();
    return body(x);
  }
  torch::nn::Linear body;
};
TORCH_MODULE(Moved);
