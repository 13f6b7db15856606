// corpus: translation model with two lengths: bmm over heads folded into the batch, optional masks, sinusoids in a buffer.
// corpus: module = Translator(TranslatorConfig())
// corpus: input = source:int64[B,S] below 40
// corpus: input = target:int64[B,T] below 44
// corpus: input = source_mask:int64[B,S]
// corpus: sizes = B=2,S=17,T=12 B=1,S=1,T=3
#include <torch/torch.h>

#include <optional>

struct TranslatorConfig {
    int64_t src_vocab = 40, tgt_vocab = 44, d_model = 32, heads = 4, d_ff = 64, layers = 1, max_len = 64;
};

class AttentionLayerImpl : public torch::nn::Module {
  public:
    AttentionLayerImpl(int64_t d_model, int64_t heads) : heads(heads), d_head(d_model / heads) {
        wq = register_module("wq", torch::nn::Linear(d_model, d_model));
        wk = register_module("wk", torch::nn::Linear(d_model, d_model));
        wv = register_module("wv", torch::nn::Linear(d_model, d_model));
        wo = register_module("wo", torch::nn::Linear(d_model, d_model));
    }

    torch::Tensor forward(const torch::Tensor &query, const torch::Tensor &memory,
                          const std::optional<torch::Tensor> &mask = std::nullopt) {
        const auto batch = query.size(0);
        const int64_t q_len = query.size(1), k_len = memory.size(1);
        auto q = fold(wq->forward(query), batch, q_len);
        auto k = fold(wk->forward(memory), batch, k_len);
        auto v = fold(wv->forward(memory), batch, k_len);
        auto energy = torch::bmm(q, k.transpose(1, 2)) / std::sqrt(static_cast<float>(d_head));
        if (mask.has_value()) {
            energy = energy.view({batch, heads, q_len, k_len});
            energy = energy.masked_fill(mask.value() == 0, -1e9).view({batch * heads, q_len, k_len});
        }
        auto attention = energy.softmax(/*dim=*/-1);
        auto out = attention.bmm(v).view({batch, heads, q_len, d_head}).transpose(1, 2).contiguous();
        return wo->forward(out.view({batch, q_len, heads * d_head}));
    }

  private:
    torch::Tensor fold(torch::Tensor x, int64_t batch, int64_t len) {
        return x.view({batch, len, heads, d_head}).transpose(1, 2).reshape({batch * heads, len, d_head});
    }

    int64_t heads, d_head;
    torch::nn::Linear wq{nullptr}, wk{nullptr}, wv{nullptr}, wo{nullptr};
};
TORCH_MODULE(AttentionLayer);

class FeedForwardImpl : public torch::nn::Module {
  public:
    FeedForwardImpl(int64_t d_model, int64_t d_ff) : w1(d_model, d_ff), w2(d_ff, d_model) {
        register_module("w1", w1);
        register_module("w2", w2);
    }
    torch::Tensor forward(const torch::Tensor &x) { return w2(torch::relu(w1(x))); }

  private:
    torch::nn::Linear w1, w2;
};
TORCH_MODULE(FeedForward);

class EncoderLayerImpl : public torch::nn::Module {
  public:
    explicit EncoderLayerImpl(const TranslatorConfig &c)
        : self_attn(c.d_model, c.heads), ff(c.d_model, c.d_ff), norm1(torch::nn::LayerNormOptions({c.d_model})),
          norm2(torch::nn::LayerNormOptions({c.d_model})) {
        register_module("self_attn", self_attn);
        register_module("ff", ff);
        register_module("norm1", norm1);
        register_module("norm2", norm2);
    }
    torch::Tensor forward(torch::Tensor x, const torch::Tensor &mask) {
        x = norm1(x + self_attn(x, x, mask));
        return norm2(x + ff(x));
    }

  private:
    AttentionLayer self_attn;
    FeedForward ff;
    torch::nn::LayerNorm norm1, norm2;
};
TORCH_MODULE(EncoderLayer);

class DecoderLayerImpl : public torch::nn::Module {
  public:
    explicit DecoderLayerImpl(const TranslatorConfig &c)
        : self_attn(c.d_model, c.heads), cross_attn(c.d_model, c.heads), ff(c.d_model, c.d_ff),
          norm1(torch::nn::LayerNormOptions({c.d_model})), norm2(torch::nn::LayerNormOptions({c.d_model})),
          norm3(torch::nn::LayerNormOptions({c.d_model})) {
        register_module("self_attn", self_attn);
        register_module("cross_attn", cross_attn);
        register_module("ff", ff);
        register_module("norm1", norm1);
        register_module("norm2", norm2);
        register_module("norm3", norm3);
    }
    torch::Tensor forward(torch::Tensor x, const torch::Tensor &memory, const torch::Tensor &src_mask,
                          const torch::Tensor &tgt_mask) {
        auto attended = self_attn->forward(x, x, tgt_mask);
        x = norm1->forward(x.add(attended));
        auto crossed = cross_attn->forward(x, memory, src_mask);
        x = norm2->forward(torch::add(x, crossed));
        return norm3->forward(x + ff->forward(x));
    }

  private:
    AttentionLayer self_attn, cross_attn;
    FeedForward ff;
    torch::nn::LayerNorm norm1, norm2, norm3;
};
TORCH_MODULE(DecoderLayer);

class TranslatorImpl : public torch::nn::Module {
  public:
    explicit TranslatorImpl(const TranslatorConfig &c)
        : scale(std::sqrt(static_cast<double>(c.d_model))), src_embed(c.src_vocab, c.d_model), tgt_embed(c.tgt_vocab, c.d_model),
          generator(c.d_model, c.tgt_vocab) {
        register_module("src_embed", src_embed);
        register_module("tgt_embed", tgt_embed);
        for (int64_t i = 0; i < c.layers; ++i) {
            encoder->push_back(EncoderLayer(c));
            decoder->push_back(DecoderLayer(c));
        }
        register_module("encoder", encoder);
        register_module("decoder", decoder);
        register_module("generator", generator);

        auto position = torch::arange(c.max_len).unsqueeze(1).to(torch::kFloat);
        auto div = torch::exp(torch::arange(0, c.d_model, 2).to(torch::kFloat) * (-std::log(10000.0) / c.d_model));
        auto table = torch::zeros({c.max_len, c.d_model});
        using namespace torch::indexing;
        table.index_put_({Slice(), Slice(0, None, 2)}, torch::sin(position * div));
        table.index_put_({Slice(), Slice(1, None, 2)}, torch::cos(position * div));
        pe = register_buffer("pe", table.unsqueeze(0));
    }

    torch::Tensor forward(const torch::Tensor &source, const torch::Tensor &target, const torch::Tensor &source_mask) {
        auto src_mask = source_mask.unsqueeze(1).unsqueeze(2);
        auto tgt_mask = torch::ones({target.size(1), target.size(1)}).tril().to(torch::kBool);
        auto memory = embed(src_embed, source);
        for (auto &module : *encoder) memory = module->as<EncoderLayer>()->forward(memory, src_mask);
        auto x = embed(tgt_embed, target);
        for (auto &module : *decoder) x = module->as<DecoderLayer>()->forward(x, memory, src_mask, tgt_mask);
        return torch::log_softmax(generator->forward(x), -1);
    }

  private:
    torch::Tensor embed(torch::nn::Embedding &table, const torch::Tensor &ids) {
        return table->forward(ids) * scale + pe.narrow(1, 0, ids.size(1));
    }

    double scale;
    torch::nn::Embedding src_embed, tgt_embed;
    torch::nn::ModuleList encoder, decoder;
    torch::nn::Linear generator;
    torch::Tensor pe;
};
TORCH_MODULE(Translator);
