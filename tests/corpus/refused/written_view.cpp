// corpus: in place on a view: the first token of a tensor is overwritten, then the tensor is read
// corpus: module = Painted(16)
// corpus: input = x:float32[B,S,16]
// corpus: refused = written_view.cpp: | torch::cat
#include <torch/torch.h>

struct PaintedImpl : torch::nn::Module {
  explicit PaintedImpl(int64_t n) : body(register_module("body", torch::nn::Linear(n, n))) {}
  torch::Tensor forward(torch::Tensor x) {
    auto y = body(x);
    y.select(1, 0).mul_(0.5);
    return y + x;
  }
  torch::nn::Linear body;
};
TORCH_MODULE(Painted);
