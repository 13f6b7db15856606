// corpus: state written in forward: a buffer that counts its calls
// corpus: module = Counted(16)
// corpus: input = x:float32[B,16]
// corpus: refused = counted.cpp:13 | 'calls' | input
#include <torch/torch.h>

struct CountedImpl : torch::nn::Module {
  explicit CountedImpl(int64_t n) : body(n, n) {
    register_module("body", body);
    calls = register_buffer("calls", torch::zeros({1}));
  }
  torch::Tensor forward(torch::Tensor x) {
    calls += 1;
    return body(x) * calls;
  }
  torch::nn::Linear body;
  torch::Tensor calls;
};
TORCH_MODULE(Counted);
