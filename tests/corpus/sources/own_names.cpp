// corpus: own classes named Linear, LayerNorm, Embedding and MultiheadAttention in a namespace: they stay, their products do not.
// corpus: module = mine::Encoder(40, 32, 4)
// corpus: input = ids:int64[B,S] below 40
// corpus: sizes = B=2,S=12 B=1,S=1
#include <torch/torch.h>

namespace mine {

struct LinearImpl : torch::nn::Module {
  LinearImpl(int64_t in, int64_t out) {
    weight = register_parameter("weight", torch::randn({out, in}) / std::sqrt(double(in)));
    bias = register_parameter("bias", torch::zeros({out}));
  }
  torch::Tensor forward(const torch::Tensor& x) { return torch::nn::functional::linear(x, weight, bias); }
  torch::Tensor weight, bias;
};
TORCH_MODULE(Linear);

struct LayerNormImpl : torch::nn::Module {
  explicit LayerNormImpl(int64_t width, double eps = 1e-6)
      : a_2(register_parameter("a_2", torch::ones({width}))), b_2(register_parameter("b_2", torch::zeros({width}))), eps(eps) {}
  torch::Tensor forward(const torch::Tensor& x) {
    auto mean = x.mean(-1, true);
    auto std = x.std(-1, true, true);
    return a_2 * (x - mean) / (std + eps) + b_2;
  }
  torch::Tensor a_2, b_2;
  double eps;
};
TORCH_MODULE(LayerNorm);

struct EmbeddingImpl : torch::nn::Module {
  EmbeddingImpl(int64_t count, int64_t width) : scale(std::sqrt(double(width))), lut(count, width) { register_module("lut", lut); }
  torch::Tensor forward(const torch::Tensor& ids) { return lut(ids) * scale; }
  double scale;
  torch::nn::Embedding lut;
};
TORCH_MODULE(Embedding);

struct MultiheadAttentionImpl : torch::nn::Module {
  MultiheadAttentionImpl(int64_t width, int64_t heads) : heads(heads), q(width, width), k(width, width), v(width, width), out(width, width) {
    register_module("linears_0", q);
    register_module("linears_1", k);
    register_module("linears_2", v);
    register_module("linears_3", out);
  }
  torch::Tensor forward(torch::Tensor query, torch::Tensor key, torch::Tensor value) {
    const int64_t B = query.size(0);
    query = q(query).view({B, -1, heads, 8}).transpose(1, 2);
    key = k(key).view({B, -1, heads, 8}).transpose(1, 2);
    value = v(value).view({B, -1, heads, 8}).transpose(1, 2);
    auto p_attn = torch::matmul(query, key.transpose(-2, -1)).div(std::sqrt(8.0)).softmax(-1);
    auto x = torch::matmul(p_attn, value).transpose(1, 2).contiguous().view({B, -1, heads * 8});
    return out(x);
  }
  int64_t heads;
  Linear q, k, v;
  torch::nn::Linear out;
};
TORCH_MODULE(MultiheadAttention);

struct EncoderImpl : torch::nn::Module {
  EncoderImpl(int64_t words, int64_t width, int64_t heads)
      : embed(words, width), attn(width, heads), norm(width), fc(width, width) {
    register_module("embed", embed);
    register_module("attn", attn);
    register_module("norm", norm);
    register_module("fc", fc);
  }
  torch::Tensor forward(const torch::Tensor& ids) {
    auto x = embed(ids);
    auto y = norm(x);
    x = x + attn(y, y, y);
    return fc(norm(x));
  }
  Embedding embed;
  MultiheadAttention attn;
  LayerNorm norm;
  Linear fc;
};
TORCH_MODULE(Encoder);

}  // namespace mine
