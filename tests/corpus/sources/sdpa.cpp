// corpus: recent code: scaled_dot_product_attention with a boolean mask, unflatten, unbind, at::Tensor and ATen spellings, size_t sizes.
// corpus: module = Modern(32, 4)
// corpus: input = x:float32[B,S,32]
// corpus: input = keep_mask:bool[B,S]
// corpus: sizes = B=2,S=12 B=1,S=1
#include <torch/torch.h>

struct ModernImpl : torch::nn::Module {
  ModernImpl(size_t width, size_t heads)
      : heads_{heads}, qkv_{torch::nn::LinearOptions(width, 3 * width).bias(false)}, proj_{torch::nn::LinearOptions(width, width)},
        gate_{torch::nn::LinearOptions(width, 4 * width)}, down_{torch::nn::LinearOptions(2 * width, width)} {
    register_module("qkv", qkv_);
    register_module("proj", proj_);
    register_module("gate", gate_);
    register_module("down", down_);
    gain_ = register_parameter("gain", at::ones({(int64_t)width}));
  }

  at::Tensor forward(const at::Tensor& x, const at::Tensor& keep_mask) {
    const size_t B = x.size(0), S = x.size(1);
    auto heads = qkv_->forward(x).unflatten(-1, {3, (int64_t)heads_, -1}).permute({2, 0, 3, 1, 4}).unbind(0);
    auto mask = keep_mask.view({(long)B, 1, 1, (long)S});
    auto y = at::scaled_dot_product_attention(heads[0], heads[1], heads[2], mask);
    auto h = x + proj_(y.permute({0, 2, 1, 3}).reshape({(long)B, (long)S, -1}));
    h = at::layer_norm(h, {h.size(-1)}, gain_, {}, 1e-6);
    auto parts = gate_(h).chunk(2, -1);
    return h + down_(at::silu(parts[0]) * parts[1]);
  }

  size_t heads_;
  torch::nn::Linear qkv_, proj_, gate_, down_;
  at::Tensor gain_;
};
TORCH_MODULE(Modern);
