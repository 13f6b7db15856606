// corpus: time-series transformer: Conv1d token embedding, plain classes in shared_ptr members, adaptive pooling by mean.
// corpus: module = std::make_shared<Forecaster>(7, 32, 2)
// corpus: input = series:float32[B,L,7]
// corpus: sizes = B=2,L=12 B=1,L=3
#include <torch/torch.h>
#include <memory>

class TokenEmbedding : public torch::nn::Module {
 public:
  TokenEmbedding(int channels, int width)
      : conv(register_module("tokenConv", torch::nn::Conv1d(torch::nn::Conv1dOptions(channels, width, 3).padding(1).bias(false)))) {}
  torch::Tensor forward(const torch::Tensor& x) { return conv->forward(x.permute({0, 2, 1})).transpose(1, 2); }

 private:
  torch::nn::Conv1d conv;
};

class ProbAttention : public torch::nn::Module {
 public:
  explicit ProbAttention(int width)
      : q(register_module("query_projection", torch::nn::Linear(width, width))),
        k(register_module("key_projection", torch::nn::Linear(width, width))),
        v(register_module("value_projection", torch::nn::Linear(width, width))),
        out(register_module("out_projection", torch::nn::Linear(width, width))) {}

  torch::Tensor forward(const torch::Tensor& x) {
    const size_t B = x.size(0), L = x.size(1);
    const int64_t H = 4;
    auto queries = q->forward(x).view({(int64_t)B, (int64_t)L, H, -1});
    auto keys = k->forward(x).view({(int64_t)B, (int64_t)L, H, -1});
    auto values = v->forward(x).view({(int64_t)B, (int64_t)L, H, -1});
    auto scores = torch::einsum("blhe,bshe->bhls", {queries, keys});
    auto A = torch::softmax(scores * (1. / std::sqrt((double)queries.size(-1))), -1);
    auto V = torch::einsum("bhls,bshd->blhd", {A, values});
    return out->forward(V.reshape({(int64_t)B, (int64_t)L, -1}));
  }

 private:
  torch::nn::Linear q, k, v, out;
};

class ForecastLayer : public torch::nn::Module {
 public:
  explicit ForecastLayer(int width) : norm1(torch::nn::LayerNormOptions({width})), norm2(torch::nn::LayerNormOptions({width})) {
    attention = register_module("attention", std::make_shared<ProbAttention>(width));
    conv1 = register_module("conv1", torch::nn::Conv1d(torch::nn::Conv1dOptions(width, width * 2, 1)));
    conv2 = register_module("conv2", torch::nn::Conv1d(torch::nn::Conv1dOptions(width * 2, width, 1)));
    register_module("norm1", norm1);
    register_module("norm2", norm2);
  }
  torch::Tensor forward(torch::Tensor x) {
    x = norm1(x + attention->forward(x));
    auto y = torch::gelu(conv1(x.transpose(-1, 1)));
    y = conv2(y).transpose(-1, 1);
    return norm2(x + y);
  }

 private:
  std::shared_ptr<ProbAttention> attention;
  torch::nn::Conv1d conv1{nullptr}, conv2{nullptr};
  torch::nn::LayerNorm norm1, norm2;
};

class Forecaster : public torch::nn::Module {
 public:
  Forecaster(int channels, int width, int depth) {
    embedding = register_module("embedding", std::make_shared<TokenEmbedding>(channels, width));
    for (int i = 0; i < depth; i++) layers.push_back(register_module("layer" + std::to_string(i), std::make_shared<ForecastLayer>(width)));
    projection = register_module("projection", torch::nn::Linear(width, channels));
  }
  torch::Tensor forward(torch::Tensor series) {
    auto mean = series.mean(1, true);
    auto x = embedding->forward(series - mean);
    for (const auto& layer : layers) x = layer->forward(x);
    return projection->forward(x) + mean;
  }

 private:
  std::shared_ptr<TokenEmbedding> embedding;
  std::vector<std::shared_ptr<ForecastLayer>> layers;
  torch::nn::Linear projection{nullptr};
};
