// corpus: a decoder that keeps keys and values between calls in members
// corpus: module = Cached(16)
// corpus: input = x:float32[B,S,16]
// corpus: refused = growing_cache.cpp:
#include <torch/torch.h>

struct CachedImpl : torch::nn::Module {
  explicit CachedImpl(int64_t n) : q(n, n), k(n, n), v(n, n) {
    register_module("q", q);
    register_module("k", k);
    register_module("v", v);
    register_buffer("keys", keys = torch::zeros({1, 1, n}));
    register_buffer("values", values = torch::zeros({1, 1, n}));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    keys = torch::cat({keys.expand({x.size(0), -1, -1}), k(x)}, 1);
    values = torch::cat({values.expand({x.size(0), -1, -1}), v(x)}, 1);
    return torch::softmax(q(x).matmul(keys.transpose(1, 2)), -1).matmul(values);
  }
  torch::nn::Linear q, k, v;
  torch::Tensor keys, values;
};
TORCH_MODULE(Cached);
