// corpus: masks in every form: where, masked_fill, additive, default arguments, .defined() and .numel() guards decided at trace time.
// corpus: module = Masked(true)
// corpus: input = x:float32[B,S,32]
// corpus: input = mask:int64[B,S]
// corpus: sizes = B=2,S=12 B=1,S=1
#include <torch/torch.h>

enum class MaskStyle { where, fill, add };

struct AttnImpl : torch::nn::Module {
  AttnImpl(MaskStyle style) : style(style) {
    qk = register_module("qk", torch::nn::Linear(32, 64));
    v = register_module("v", torch::nn::Linear(32, 32));
  }
  torch::Tensor forward(torch::Tensor x, torch::Tensor mask = {}, torch::Tensor bias = torch::Tensor()) {
    auto [query, key] = [&] {
      auto both = qk->forward(x).chunk(2, 2);
      return std::make_pair(both[0], both[1]);
    }();
    auto scores = query.matmul(key.transpose(-1, -2)) / 5.656854249;
    if (mask.defined()) {
      switch (style) {
        case MaskStyle::where:
          scores = torch::where(mask.to(torch::kBool).unsqueeze(1), scores, torch::full_like(scores, -1e4));
          break;
        case MaskStyle::fill:
          scores = scores.masked_fill(mask.unsqueeze(1).logical_not(), -1e4);
          break;
        case MaskStyle::add:
          scores = scores + (mask.unsqueeze(1).to(torch::kFloat) - 1.0f) * 1e4f;
          break;
      }
    }
    if (bias.defined() && bias.numel() > 0) scores = scores + bias;
    return torch::matmul(torch::softmax(scores, -1), v(x));
  }
  MaskStyle style;
  torch::nn::Linear qk{nullptr}, v{nullptr};
};
TORCH_MODULE(Attn);

struct MaskedImpl : torch::nn::Module {
  explicit MaskedImpl(bool use_bias) : use_bias(use_bias) {
    a = register_module("a", Attn(MaskStyle::where));
    b = register_module("b", Attn(MaskStyle::fill));
    c = register_module("c", Attn(MaskStyle::add));
    d = register_module("d", Attn(MaskStyle::add));
    relative = register_buffer("relative", -0.1 * (torch::arange(64).unsqueeze(0) - torch::arange(64).unsqueeze(1)).abs());
  }
  torch::Tensor forward(torch::Tensor x, torch::Tensor mask) {
    torch::Tensor bias;
    if (use_bias) bias = relative.slice(0, 0, x.size(1)).slice(1, 0, x.size(1));
    x = x + a->forward(x, mask, bias);
    x = x + b->forward(x, mask);
    x = x + c(x, mask);
    return x + d(x);
  }
  bool use_bias;
  Attn a{nullptr}, b{nullptr}, c{nullptr}, d{nullptr};
  torch::Tensor relative;
};
TORCH_MODULE(Masked);
