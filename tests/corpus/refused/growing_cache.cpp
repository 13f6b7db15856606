// corpus: a decoder that keeps keys and values between calls in members
// corpus: module = Cached(16)
// corpus: input = x:float32[B,S,16]
// corpus: refused = growing_cache.cpp:14 | earlier call of forward | take it as an input
#include <torch/torch.h>

struct CachedImpl : torch::nn::Module {
  explicit CachedImpl(int64_t n) : q(n, n), k(n, n), v(n, n) {
    register_module("q", q);
    register_module("k", k);
    register_module("v", v);
  }
  torch::Tensor forward(const torch::Tensor& x) {
    keys = keys.defined() ? torch::cat({keys, k(x)}, 1) : k(x);
    values = values.defined() ? torch::cat({values, v(x)}, 1) : v(x);
    return torch::softmax(q(x).matmul(keys.transpose(1, 2)), -1).matmul(values);
  }
  torch::nn::Linear q, k, v;
  torch::Tensor keys, values;
};
TORCH_MODULE(Cached);
