// corpus: templates: the head count as a number, the activation and the norm as types, one pattern used by two instantiations.
// corpus: module = zoo::Pair(32)
// corpus: input = x:float32[B,S,32]
// corpus: sizes = B=2,S=12 B=1,S=1
#include <torch/torch.h>

namespace zoo {

using Tensor = torch::Tensor;

struct Gelu {
  Tensor operator()(const Tensor& x) const { return torch::gelu(x); }
};
struct Silu {
  Tensor operator()(const Tensor& x) const { return torch::silu(x); }
};

template <int Heads>
struct AttentionImpl : torch::nn::Module {
  explicit AttentionImpl(int64_t width) : q(width, width), k(width, width), v(width, width), o(width, width) {
    this->register_module("q", q);
    this->register_module("k", k);
    this->register_module("v", v);
    this->register_module("o", o);
  }
  Tensor forward(Tensor x) {
    auto heads = [](const Tensor& t) { return t.view({t.size(0), t.size(1), Heads, t.size(2) / Heads}).transpose(1, 2); };
    Tensor queries = heads(q(x)), keys = heads(k(x)), values = heads(v(x));
    Tensor scores = torch::matmul(queries, keys.transpose(-1, -2)) / std::sqrt(double(keys.size(-1)));
    Tensor context = torch::matmul(scores.softmax(-1), values);
    return o(context.transpose(1, 2).flatten(2));
  }
  torch::nn::Linear q, k, v, o;
};

template <class Activation, int Heads>
struct BlockImpl : torch::nn::Module {
  explicit BlockImpl(int64_t width)
      : norm(torch::nn::LayerNormOptions({width})), up(width, 2 * width), down(2 * width, width) {
    attention = register_module("attention", std::make_shared<AttentionImpl<Heads>>(width));
    register_module("norm", norm);
    register_module("up", up);
    register_module("down", down);
  }
  Tensor forward(Tensor x) {
    x = x + attention->forward(x);
    return norm(x + down(Activation{}(up(x))));
  }
  std::shared_ptr<AttentionImpl<Heads>> attention;
  torch::nn::LayerNorm norm;
  torch::nn::Linear up, down;
};

template <class Activation, int Heads>
using Block = torch::nn::ModuleHolder<BlockImpl<Activation, Heads>>;

template <typename Layer, typename... Arguments>
Layer add_layer(torch::nn::Module& owner, const std::string& name, Arguments&&... arguments) {
  return owner.register_module(name, Layer(std::forward<Arguments>(arguments)...));
}

struct PairImpl : torch::nn::Module {
  explicit PairImpl(int64_t width)
      : first(add_layer<Block<Gelu, 4>>(*this, "first", width)), second(add_layer<Block<Silu, 2>>(*this, "second", width)) {}
  Tensor forward(const Tensor& x) { return second->forward(first->forward(x)); }
  Block<Gelu, 4> first;
  Block<Silu, 2> second;
};
TORCH_MODULE(Pair);

}  // namespace zoo
