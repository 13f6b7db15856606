// corpus: registered names that differ from the members' or are computed, vectors of modules, parts handed in from outside.
// corpus: module = Stack(std::vector<int64_t>{32, 48, 16})
// corpus: input = x:float32[B,S,32]
// corpus: sizes = B=2,S=12 B=1,S=1
#include <torch/torch.h>
#include <sstream>

using LinearLayer = torch::nn::Linear;
using NormLayer = torch::nn::LayerNorm;

static std::string join(const std::string &a, int b)
{
  std::ostringstream out;
  out << a << '_' << b;
  return out.str();
}

class PoolImpl : public torch::nn::Module
{
public:
  explicit PoolImpl(LinearLayer score) : score_(register_module("w", score)) {}

  torch::Tensor forward(torch::Tensor x)
  {
    torch::Tensor weight = torch::softmax(score_(x).squeeze(-1), 1);
    return torch::bmm(weight.unsqueeze(1), x).squeeze(1);
  }

private:
  LinearLayer score_;
};
TORCH_MODULE(Pool);

class StackImpl : public torch::nn::Module
{
public:
  explicit StackImpl(const std::vector<int64_t> &widths)
  {
    for (size_t i = 0; i + 1 < widths.size(); i++)
    {
      layers_.push_back(LinearLayer(widths[i], widths[i + 1]));
      norms_.emplace_back(torch::nn::LayerNormOptions({widths[i + 1]}));
      register_module(join("dense", i), layers_.back());
      register_module(join("norm", i), norms_.back());
    }
    m_pool = register_module("attention-pool", Pool(LinearLayer(widths.back(), 1)));
    m_out = register_module("classifier", LinearLayer(torch::nn::LinearOptions(widths.back(), 3)));
  }

  torch::Tensor forward(torch::Tensor x)
  {
    for (size_t i = 0; i < layers_.size(); i++)
      x = norms_[i](torch::relu(layers_[i](x)));
    return m_out(m_pool(x));
  }

private:
  std::vector<LinearLayer> layers_;
  std::vector<NormLayer> norms_;
  Pool m_pool{nullptr};
  LinearLayer m_out{nullptr};
};
TORCH_MODULE(Stack);
