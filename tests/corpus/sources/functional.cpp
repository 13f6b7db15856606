// corpus: everything functional: parameters of one's own, F::linear, torch::linear, addmm, baddbmm, mm, F::layer_norm, torch::layer_norm.
// corpus: module = Bare(24)
// corpus: input = x:float32[B,S,24]
// corpus: sizes = B=2,S=12 B=1,S=1
#include <torch/torch.h>
namespace F = torch::nn::functional;

struct BareImpl : torch::nn::Module {
  explicit BareImpl(int64_t n) : n(n) {
    auto matrix = [&](const char* name, int64_t rows, int64_t columns) {
      return register_parameter(name, torch::randn({rows, columns}) / std::sqrt(double(columns)));
    };
    w_in = matrix("w_in", n, n);
    w_key = matrix("w_key", n, n);
    w_value = matrix("w_value", n, n);
    w_up = matrix("w_up", n, 2 * n);
    w_down = matrix("w_down", n, 2 * n);
    b_up = register_parameter("b_up", torch::randn({2 * n}) * 0.1);
    gain = register_parameter("gain", torch::ones(n));
    shift = register_parameter("shift", torch::zeros(n));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const auto B = x.size(0), S = x.size(1);
    auto q = F::linear(x, w_in);
    auto k = torch::linear(x, w_key);
    auto v = torch::matmul(x, w_value.t());
    auto start = torch::zeros({B, S, S});
    auto scores = torch::baddbmm(start, q, k.transpose(1, 2), 1, 1.0 / std::sqrt(double(n)));
    auto mixed = torch::bmm(F::softmax(scores, F::SoftmaxFuncOptions(2)), v);
    auto h = F::layer_norm(mixed + x, F::LayerNormFuncOptions({n}).weight(gain).bias(shift));
    auto up = torch::addmm(b_up, h.view({B * S, n}), w_up);
    auto down = F::gelu(up).mm(w_down.t()).view({B, S, n});
    return torch::layer_norm(h + down, {n}, gain, shift);
  }
  int64_t n;
  torch::Tensor w_in, w_key, w_value, w_up, w_down, b_up, gain, shift;
};
TORCH_MODULE(Bare);
