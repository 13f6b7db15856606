// corpus: ALBERT-like encoder: one layer run many times, factorised embeddings, unqualified torch::nn by using.
// corpus: module = Albert(AlbertOptions{})
// corpus: input = ids:int64[B,S] below 60
// corpus: input = type_ids:int64[B,S] below 2
// corpus: input = mask:int64[B,S]
// corpus: sizes = B=2,S=19 B=1,S=3
#include <torch/torch.h>

using namespace torch::nn;
using torch::Tensor;
namespace F = torch::nn::functional;

struct AlbertOptions {
  int64_t vocab = 60, embedding = 16, hidden = 32, heads = 4, inner = 96, positions = 40, repeats = 3;
};

static Tensor gelu_new(const Tensor& x) {
  return 0.5 * x * (1.0 + torch::tanh(std::sqrt(2.0 / M_PI) * (x + 0.044715 * torch::pow(x, 3.0))));
}

struct AlbertLayerImpl : Module {
  AlbertLayerImpl(const AlbertOptions& o)
      : heads(o.heads),
        query(o.hidden, o.hidden), key(o.hidden, o.hidden), value(o.hidden, o.hidden),
        dense(o.hidden, o.hidden), ffn(o.hidden, o.inner), ffn_output(o.inner, o.hidden),
        attention_norm(LayerNormOptions({o.hidden})), full_norm(LayerNormOptions({o.hidden})) {
    register_module("query", query);
    register_module("key", key);
    register_module("value", value);
    register_module("dense", dense);
    register_module("ffn", ffn);
    register_module("ffn_output", ffn_output);
    register_module("attention_norm", attention_norm);
    register_module("full_layer_layer_norm", full_norm);
  }

  Tensor forward(const Tensor& x, const Tensor& mask) {
    const auto B = x.size(0), S = x.size(1);
    auto split = [&](const Tensor& t) { return t.view({B, S, heads, -1}).transpose(1, 2); };
    auto q = split(query(x)), k = split(key(x)), v = split(value(x));
    auto probs = torch::softmax(q.matmul(k.transpose(2, 3)) / std::sqrt(double(q.size(-1))) + mask, -1);
    auto context = probs.matmul(v).transpose(1, 2).reshape({B, S, -1});
    auto attended = attention_norm(x + dense(context));
    return full_norm(ffn_output(gelu_new(ffn(attended))) + attended);
  }

  int64_t heads;
  Linear query, key, value, dense, ffn, ffn_output;
  LayerNorm attention_norm, full_norm;
};
TORCH_MODULE(AlbertLayer);

struct AlbertImpl : Module {
  AlbertImpl(const AlbertOptions& o) : repeats(o.repeats) {
    words = register_module("word_embeddings", Embedding(EmbeddingOptions(o.vocab, o.embedding)));
    types = register_module("token_type_embeddings", Embedding(2, o.embedding));
    positions = register_module("position_embeddings", Embedding(o.positions, o.embedding));
    norm = register_module("LayerNorm", LayerNorm(LayerNormOptions({o.embedding}).eps(1e-12)));
    mapping = register_module("embedding_hidden_mapping_in", Linear(o.embedding, o.hidden));
    layer = register_module("albert_layer", AlbertLayer(o));
  }

  Tensor forward(const Tensor& ids, const Tensor& type_ids, const Tensor& mask) {
    auto pos = torch::arange(ids.size(1), torch::kLong).unsqueeze(0).expand_as(ids);
    Tensor x = mapping(norm(words(ids) + types(type_ids) + positions(pos)));
    const auto additive = (1 - mask.to(x.dtype())).mul(-1e4).view({mask.size(0), 1, 1, mask.size(1)});
    for (int64_t i = 0; i < repeats; i++) x = layer(x, additive);
    return x;
  }

  int64_t repeats;
  Embedding words = nullptr, types = nullptr, positions = nullptr;
  LayerNorm norm = nullptr;
  Linear mapping = nullptr;
  AlbertLayer layer = nullptr;
};
TORCH_MODULE(Albert);
