// corpus: T5-like encoder: relative position buckets computed in forward, bias from an embedding, RMS norm, no scale, gated GELU.
// corpus: module = T5Encoder(T5Config{})
// corpus: input = ids:int64[B,S] below 64
// corpus: sizes = B=2,S=40 B=1,S=1
#include <torch/torch.h>

struct T5Config { int64_t vocab = 64, d_model = 32, d_kv = 8, heads = 4, d_ff = 48, buckets = 16, max_distance = 24; };

struct T5LayerNormImpl : torch::nn::Module {
  T5LayerNormImpl(int64_t size) : weight(register_parameter("weight", torch::ones({size}))) {}
  torch::Tensor forward(torch::Tensor hidden) {
    auto variance = hidden.pow(2).mean(-1, /*keepdim=*/true);
    return weight * (hidden * torch::rsqrt(variance + 1e-6));
  }
  torch::Tensor weight;
};
TORCH_MODULE(T5LayerNorm);

struct T5AttentionImpl : torch::nn::Module {
  T5AttentionImpl(const T5Config& c, bool has_bias)
      : c(c), has_bias(has_bias), q(opts(c.d_model, c.heads * c.d_kv)), k(opts(c.d_model, c.heads * c.d_kv)),
        v(opts(c.d_model, c.heads * c.d_kv)), o(opts(c.heads * c.d_kv, c.d_model)) {
    register_module("q", q); register_module("k", k); register_module("v", v); register_module("o", o);
    if (has_bias) relative_attention_bias = register_module("relative_attention_bias", torch::nn::Embedding(c.buckets, c.heads));
  }
  static torch::nn::LinearOptions opts(int64_t in, int64_t out) { return torch::nn::LinearOptions(in, out).bias(false); }

  torch::Tensor bucket(torch::Tensor relative_position) const {
    const int64_t num_buckets = c.buckets / 2;
    auto buckets = (relative_position > 0).to(torch::kLong) * num_buckets;
    relative_position = torch::abs(relative_position);
    const int64_t max_exact = num_buckets / 2;
    auto is_small = relative_position < max_exact;
    auto large = max_exact + (torch::log(relative_position.to(torch::kFloat) / max_exact) / std::log(double(c.max_distance) / max_exact)
                              * (num_buckets - max_exact)).to(torch::kLong);
    large = torch::min(large, torch::full_like(large, num_buckets - 1));
    return buckets + torch::where(is_small, relative_position, large);
  }
  torch::Tensor compute_bias(int64_t length) {
    auto context = torch::arange(length, torch::kLong).unsqueeze(1);
    auto memory = torch::arange(length, torch::kLong).unsqueeze(0);
    auto values = relative_attention_bias(bucket(memory - context));
    return values.permute({2, 0, 1}).unsqueeze(0);
  }
  std::pair<torch::Tensor, torch::Tensor> forward(torch::Tensor hidden, torch::Tensor position_bias = {}) {
    auto batch = hidden.size(0);
    auto shape = [&](torch::Tensor states) { return states.view({batch, -1, c.heads, c.d_kv}).transpose(1, 2); };
    auto scores = torch::matmul(shape(q(hidden)), shape(k(hidden)).transpose(3, 2));
    if (!position_bias.defined()) position_bias = compute_bias(hidden.size(1));
    scores += position_bias;
    auto weights = torch::softmax(scores.to(torch::kFloat), -1).type_as(scores);
    auto output = torch::matmul(weights, shape(v(hidden))).transpose(1, 2).contiguous().view({batch, -1, c.heads * c.d_kv});
    return {o(output), position_bias};
  }

  T5Config c;
  bool has_bias;
  torch::nn::Linear q, k, v, o;
  torch::nn::Embedding relative_attention_bias{nullptr};
};
TORCH_MODULE(T5Attention);

struct T5BlockImpl : torch::nn::Module {
  T5BlockImpl(const T5Config& c, bool has_bias)
      : attention(c, has_bias), attention_norm(c.d_model), ff_norm(c.d_model), wi_0(T5AttentionImpl::opts(c.d_model, c.d_ff)),
        wi_1(T5AttentionImpl::opts(c.d_model, c.d_ff)), wo(T5AttentionImpl::opts(c.d_ff, c.d_model)) {
    register_module("SelfAttention", attention); register_module("attention_norm", attention_norm); register_module("ff_norm", ff_norm);
    register_module("wi_0", wi_0); register_module("wi_1", wi_1); register_module("wo", wo);
  }
  std::tuple<torch::Tensor, torch::Tensor> forward(torch::Tensor x, torch::Tensor bias) {
    auto [attended, new_bias] = attention(attention_norm(x), bias);
    x = x + attended;
    auto h = ff_norm(x);
    return {x + wo(torch::gelu(wi_0(h), "tanh") * wi_1(h)), new_bias};
  }
  T5Attention attention;
  T5LayerNorm attention_norm, ff_norm;
  torch::nn::Linear wi_0, wi_1, wo;
};
TORCH_MODULE(T5Block);

struct T5EncoderImpl : torch::nn::Module {
  T5EncoderImpl(const T5Config& c) : shared(c.vocab, c.d_model), final_norm(c.d_model) {
    register_module("shared", shared);
    for (int i = 0; i < 2; ++i) block->push_back(T5Block(c, i == 0));
    register_module("block", block);
    register_module("final_layer_norm", final_norm);
  }
  torch::Tensor forward(torch::Tensor ids) {
    torch::Tensor x = shared(ids), bias;
    for (auto& module : *block) std::tie(x, bias) = module->as<T5Block>()->forward(x, bias);
    return final_norm(x);
  }
  torch::nn::Embedding shared;
  torch::nn::ModuleList block;
  T5LayerNorm final_norm;
};
TORCH_MODULE(T5Encoder);
