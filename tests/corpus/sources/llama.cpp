// corpus: LLaMA-like decoder: RMSNorm, rotary positions, grouped queries, SwiGLU, scaled_dot_product_attention, tied head.
// corpus: module = Llama()
// corpus: input = ids:int64[B,S] below 100
// corpus: sizes = B=2,S=12 B=1,S=1
#include <torch/torch.h>
namespace nn = torch::nn;

struct RMSNormImpl : nn::Module {
  explicit RMSNormImpl(int64_t dim, double eps = 1e-6) : eps(eps) { weight = register_parameter("weight", torch::ones({dim})); }
  torch::Tensor forward(const torch::Tensor& x) {
    auto v = x.to(torch::kFloat32).pow(2).mean(-1, true);
    return weight * (x * torch::rsqrt(v + eps));
  }
  torch::Tensor weight;
  double eps;
};
TORCH_MODULE(RMSNorm);

static torch::Tensor rotate_half(const torch::Tensor& x) {
  auto parts = x.chunk(2, -1);
  return torch::cat({-parts[1], parts[0]}, -1);
}

static std::tuple<torch::Tensor, torch::Tensor> rotary(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& cos,
                                                       const torch::Tensor& sin) {
  return {q * cos + rotate_half(q) * sin, k * cos + rotate_half(k) * sin};
}

struct AttentionImpl : nn::Module {
  AttentionImpl(int64_t dim, int64_t heads, int64_t kv) : heads(heads), kv(kv), head(dim / heads) {
    q_proj = register_module("q_proj", nn::Linear(nn::LinearOptions(dim, heads * head).bias(false)));
    k_proj = register_module("k_proj", nn::Linear(nn::LinearOptions(dim, kv * head).bias(false)));
    v_proj = register_module("v_proj", nn::Linear(nn::LinearOptions(dim, kv * head).bias(false)));
    o_proj = register_module("o_proj", nn::Linear(nn::LinearOptions(dim, dim).bias(false)));
    inv = register_buffer("inv_freq", 1.0 / torch::pow(10000.0, torch::arange(0, head, 2).to(torch::kFloat) / head));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const auto B = x.size(0), S = x.size(1);
    auto q = q_proj(x).view({B, S, heads, head}).transpose(1, 2);
    auto k = k_proj(x).view({B, S, kv, head}).transpose(1, 2);
    auto v = v_proj(x).view({B, S, kv, head}).transpose(1, 2);
    auto angles = torch::outer(torch::arange(S).to(torch::kFloat), inv);
    auto emb = torch::cat({angles, angles}, -1);
    std::tie(q, k) = rotary(q, k, emb.cos(), emb.sin());
    k = k.repeat_interleave(heads / kv, 1);
    v = v.repeat_interleave(heads / kv, 1);
    auto y = torch::scaled_dot_product_attention(q, k, v, {}, 0.0, true);
    return o_proj(y.transpose(1, 2).reshape({B, S, -1}));
  }
  int64_t heads, kv, head;
  nn::Linear q_proj{nullptr}, k_proj{nullptr}, v_proj{nullptr}, o_proj{nullptr};
  torch::Tensor inv;
};
TORCH_MODULE(Attention);

struct MLPImpl : nn::Module {
  MLPImpl(int64_t d, int64_t h)
      : gate_proj(nn::LinearOptions(d, h).bias(false)), up_proj(nn::LinearOptions(d, h).bias(false)), down_proj(nn::LinearOptions(h, d).bias(false)) {
    register_module("gate_proj", gate_proj); register_module("up_proj", up_proj); register_module("down_proj", down_proj);
  }
  torch::Tensor forward(torch::Tensor x) { return down_proj(torch::silu(gate_proj(x)) * up_proj(x)); }
  nn::Linear gate_proj, up_proj, down_proj;
};
TORCH_MODULE(MLP);

struct LlamaImpl : nn::Module {
  LlamaImpl() {
    embed_tokens = register_module("embed_tokens", nn::Embedding(100, 32));
    for (int i = 0; i < 2; ++i) {
      const auto prefix = "layers_" + std::to_string(i) + "_";
      attentions.push_back(register_module(prefix + "self_attn", Attention(32, 4, 2)));
      mlps.push_back(register_module(prefix + "mlp", MLP(32, 64)));
      before_attention.push_back(register_module(prefix + "input_norm", RMSNorm(32)));
      before_mlp.push_back(register_module(prefix + "post_norm", RMSNorm(32)));
    }
    norm = register_module("norm", RMSNorm(32));
    lm_head = register_module("lm_head", nn::Linear(nn::LinearOptions(32, 100).bias(false)));
    lm_head->weight = embed_tokens->weight;
  }
  torch::Tensor forward(torch::Tensor ids) {
    auto x = embed_tokens(ids);
    for (size_t i = 0; i < attentions.size(); ++i) {
      x = x + attentions[i](before_attention[i](x));
      x = x + mlps[i](before_mlp[i](x));
    }
    return lm_head(norm(x));
  }
  nn::Embedding embed_tokens{nullptr};
  std::vector<Attention> attentions;
  std::vector<MLP> mlps;
  std::vector<RMSNorm> before_attention, before_mlp;
  RMSNorm norm{nullptr};
  nn::Linear lm_head{nullptr};
};
TORCH_MODULE(Llama);
