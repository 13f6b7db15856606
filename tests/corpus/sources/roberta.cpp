// corpus: RoBERTa-like encoder: positions counted by cumsum over what is no padding, classification head, CRLF line ends.
// corpus: module = Roberta()
// corpus: input = input_ids:int64[B,S] below 50
// corpus: sizes = B=2,S=12 B=1,S=1
#include <torch/torch.h>

struct RobertaEmbeddingsImpl : torch::nn::Module {
  RobertaEmbeddingsImpl() {
    word_embeddings = register_module("word_embeddings", torch::nn::Embedding(torch::nn::EmbeddingOptions(50, 32).padding_idx(1)));
    position_embeddings = register_module("position_embeddings", torch::nn::Embedding(torch::nn::EmbeddingOptions(64, 32).padding_idx(1)));
    norm = register_module("LayerNorm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({32}).eps(1e-5)));
  }
  torch::Tensor forward(torch::Tensor input_ids) {
    auto mask = input_ids.ne(1).to(torch::kInt);
    auto incremental = torch::cumsum(mask, 1).type_as(mask) * mask;
    auto position_ids = incremental.to(torch::kLong) + 1;
    return norm->forward(word_embeddings->forward(input_ids) + position_embeddings->forward(position_ids));
  }
  torch::nn::Embedding word_embeddings{nullptr}, position_embeddings{nullptr};
  torch::nn::LayerNorm norm{nullptr};
};
TORCH_MODULE(RobertaEmbeddings);

struct RobertaLayerImpl : torch::nn::Module {
  RobertaLayerImpl() {
    query = register_module("query", torch::nn::Linear(32, 32));
    key = register_module("key", torch::nn::Linear(32, 32));
    value = register_module("value", torch::nn::Linear(32, 32));
    dense = register_module("dense", torch::nn::Linear(32, 32));
    norm = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({32})));
  }
  torch::Tensor forward(torch::Tensor x, torch::Tensor mask) {
    auto shape = [&](torch::Tensor t) { return t.view({t.size(0), -1, 4, 8}).transpose(1, 2); };
    auto scores = torch::matmul(shape(query->forward(x)), shape(key->forward(x)).transpose(-2, -1)) / std::sqrt(8.0);
    scores += mask;
    auto probs = torch::softmax(scores, -1);
    auto context = torch::matmul(probs, shape(value->forward(x))).permute({0, 2, 1, 3}).contiguous();
    context = context.view({context.size(0), -1, 32});
    return norm->forward(dense->forward(context) + x);
  }
  torch::nn::Linear query{nullptr}, key{nullptr}, value{nullptr}, dense{nullptr};
  torch::nn::LayerNorm norm{nullptr};
};
TORCH_MODULE(RobertaLayer);

struct RobertaImpl : torch::nn::Module {
  RobertaImpl() {
    embeddings = register_module("embeddings", RobertaEmbeddings());
    layer = register_module("layer", RobertaLayer());
    dense = register_module("classifier_dense", torch::nn::Linear(32, 32));
    out_proj = register_module("out_proj", torch::nn::Linear(32, 3));
  }
  torch::Tensor forward(torch::Tensor input_ids) {
    auto mask = input_ids.eq(1).to(torch::kFloat).unsqueeze(1).unsqueeze(1) * -1e4;
    auto x = layer->forward(embeddings->forward(input_ids), mask);
    x = x.index({torch::indexing::Slice(), 0});
    return out_proj->forward(torch::tanh(dense->forward(x)));
  }
  RobertaEmbeddings embeddings{nullptr};
  RobertaLayer layer{nullptr};
  torch::nn::Linear dense{nullptr}, out_proj{nullptr};
};
TORCH_MODULE(Roberta);
