// corpus: GPT-like decoder whose head is wte->weight.t(); additive triu mask made in forward; chunk; at<Impl>(i); pair result.
// corpus: module = Gpt(2, 48, 4)
// corpus: input = tokens:int64[B,S] below 70
// corpus: sizes = B=2,S=14 B=1,S=2
#include <torch/torch.h>
#include <utility>
#include <vector>

class AttentionImpl : public torch::nn::Module {
public:
    AttentionImpl(int64_t width, int64_t heads)
        : heads_(heads), qkv_(torch::nn::LinearOptions(width, width * 3)), out_(torch::nn::LinearOptions(width, width)) {
        register_module("qkv", qkv_);
        register_module("out", out_);
    }

    at::Tensor forward(at::Tensor x, at::Tensor mask) const {
        std::vector<at::Tensor> parts = const_cast<AttentionImpl *>(this)->qkv_->forward(x).chunk(3, -1);
        for (auto &part : parts) part = part.reshape({x.size(0), x.size(1), heads_, -1}).permute({0, 2, 1, 3});
        at::Tensor weights = parts[0].matmul(parts[1].transpose(-1, -2)).div(std::sqrt((double) parts[1].size(3)));
        weights = (weights + mask).softmax(-1);
        at::Tensor mixed = weights.matmul(parts[2]).permute({0, 2, 1, 3}).flatten(2);
        return const_cast<AttentionImpl *>(this)->out_->forward(mixed);
    }

private:
    int64_t heads_;
    torch::nn::Linear qkv_, out_;
};
TORCH_MODULE(Attention);

class BlockImpl : public torch::nn::Module {
public:
    BlockImpl(int64_t width, int64_t heads) {
        register_module("attention", attention = Attention(width, heads));
        register_module("norm1", norm1 = torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})));
        register_module("norm2", norm2 = torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})));
        register_module("up", up = torch::nn::Linear(width, width * 2));
        register_module("down", down = torch::nn::Linear(width * 2, width));
    }

    at::Tensor forward(at::Tensor x, at::Tensor mask) {
        x = x + attention->forward(norm1->forward(x), mask);
        return x + down->forward(torch::relu(up->forward(norm2->forward(x))));
    }

    Attention attention{nullptr};
    torch::nn::LayerNorm norm1{nullptr}, norm2{nullptr};
    torch::nn::Linear up{nullptr}, down{nullptr};
};
TORCH_MODULE(Block);

class GptImpl : public torch::nn::Module {
public:
    GptImpl(size_t depth, int64_t width, int64_t heads)
        : wte(70, width), wpe(register_parameter("wpe", torch::randn({1, 64, width}) * 0.1)), ln_f(std::vector<int64_t>{width}) {
        register_module("wte", wte);
        for (size_t i = 0; i < depth; ++i) blocks->push_back(Block(width, heads));
        register_module("blocks", blocks);
        register_module("ln_f", ln_f);
    }

    std::pair<at::Tensor, at::Tensor> forward(at::Tensor tokens) {
        const auto length = tokens.size(-1);
        auto mask = torch::triu(torch::full({length, length}, -1e9), 1);
        auto x = wte->forward(tokens) + wpe.index({torch::indexing::Slice(), torch::indexing::Slice(0, length)});
        for (size_t i = 0; i != blocks->size(); ++i) x = blocks->at<BlockImpl>(i).forward(x, mask);
        auto hidden = ln_f->forward(x);
        auto logits = torch::matmul(hidden, wte->weight.t());
        return std::make_pair(logits, hidden);
    }

private:
    torch::nn::Embedding wte;
    at::Tensor wpe;
    torch::nn::ModuleList blocks;
    torch::nn::LayerNorm ln_f;
};
TORCH_MODULE(Gpt);
