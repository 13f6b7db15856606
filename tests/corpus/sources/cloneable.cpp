// corpus: modules that derive from Cloneable and make their parts in reset(), with options as in LibTorch's own modules.
// corpus: module = Tower(TowerOptions(32).layers(2))
// corpus: input = x:float32[B,S,32]
// corpus: sizes = B=2,S=12 B=1,S=1
#include <torch/torch.h>

struct TowerOptions {
  explicit TowerOptions(int64_t width) : width_(width) {}
  TORCH_ARG(int64_t, width);
  TORCH_ARG(int64_t, layers) = 1;
};

struct CellImpl : torch::nn::Cloneable<CellImpl> {
  explicit CellImpl(int64_t width) : width(width) { reset(); }
  void reset() override {
    in_proj = register_module("in_proj", torch::nn::Linear(width, 3 * width));
    out_proj = register_module("out_proj", torch::nn::Linear(width, width));
    norm = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const auto parts = in_proj(x).split_with_sizes({width, width, width}, -1);
    auto scores = torch::matmul(parts[0], parts[1].transpose(1, 2)).mul_(1.0 / std::sqrt(double(width)));
    return norm(x + out_proj(torch::matmul(torch::softmax(scores, 2), parts[2])));
  }
  int64_t width;
  torch::nn::Linear in_proj = nullptr, out_proj = nullptr;
  torch::nn::LayerNorm norm = nullptr;
};
TORCH_MODULE(Cell);

class TowerImpl : public torch::nn::Cloneable<TowerImpl> {
 public:
  explicit TowerImpl(TowerOptions options_) : options(std::move(options_)) { reset(); }
  void reset() override {
    cells = torch::nn::ModuleList();
    for (int64_t i = 0; i < options.layers(); ++i) cells->push_back(Cell(options.width()));
    register_module("cells", cells);
    head = torch::nn::Linear(torch::nn::LinearOptions(options.width(), 4));
    register_module("head", head);
  }
  torch::Tensor forward(torch::Tensor x) {
    for (auto& cell : *cells) x = cell->as<Cell>()->forward(x);
    return head(x.mean(1));
  }
  TowerOptions options;
  torch::nn::ModuleList cells{nullptr};
  torch::nn::Linear head{nullptr};
};
TORCH_MODULE(Tower);
