// What rewritten source includes: LibTorch modules that can be quantised.
//
//   torch::nn::Linear    -> octavo::nn::QuantLinear      drop-in: same constructors, same parameters, is a
//   LinearImpl torch::nn::Embedding -> octavo::nn::QuantEmbedding   drop-in: same constructors, same
//   parameter, is an EmbeddingImpl an operand x         -> scores_lhs(x)                with, in the class,
//                           octavo::nn::Quantizer scores_lhs = octavo::quantizer(*this, "scores_lhs");
//
// Modes, set on a whole model by octavo::set_mode:
//   off            bit-equal to the plain LibTorch modules (the default)
//   observe        as off, and keeps minimum, maximum and count of what each QuantLinear and Quantizer is
//   given fake_quantise  values pass through the INT8 grid that the compiled model uses: weights per output
//   channel, s8 within
//                  +-127; activations u8 about zero point 128, per token, or with a static scale; embeddings
//                  s8 per row. Gradients pass straight through, so quantisation-aware training is ordinary
//                  training.
//
// A program that includes this header links liboctavo_observe and LibTorch. TORCH_MODULE members,
// register_module, ModuleList and state names work as with the plain modules.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>

namespace octavo {

enum class Mode { off, observe, fake_quantise };

namespace nn {

// What one quantizable site carries besides its parameters.
struct Site {
  std::string id;  // registered module path, e.g. encoder.layer.0.attention.self.query; set by set_mode or name_sites
  Mode mode = Mode::off;
  double low = std::numeric_limits<double>::infinity();  // over everything observed
  double high = -std::numeric_limits<double>::infinity();
  int64_t count = 0;             // elements observed
  std::optional<double> absmax;  // static activation range; absent: dynamic, per token

  void observe(const torch::Tensor& x);
  // x on the u8 grid, per row of the last dim or static; gradients pass straight through.
  [[nodiscard]] torch::Tensor fake_quantise(const torch::Tensor& x) const;
  // What the operator gets: x itself, or x on the grid; observes on the way.
  [[nodiscard]] torch::Tensor activation(const torch::Tensor& x);
};

class QuantLinearImpl : public torch::nn::LinearImpl {
 public:
  using torch::nn::LinearImpl::LinearImpl;
  torch::Tensor forward(const torch::Tensor& input);
  std::shared_ptr<torch::nn::Module> clone(const std::optional<torch::Device>& device = std::nullopt) const override;
  Site site;
};

// Converts to a torch::nn::Linear that shares the module, for functions that take one.
class QuantLinear : public torch::nn::ModuleHolder<QuantLinearImpl> {
 public:
  using torch::nn::ModuleHolder<QuantLinearImpl>::ModuleHolder;
  operator torch::nn::Linear() const {
    return torch::nn::Linear(std::static_pointer_cast<torch::nn::LinearImpl>(ptr()));
  }
};

class QuantEmbeddingImpl : public torch::nn::EmbeddingImpl {
 public:
  using torch::nn::EmbeddingImpl::EmbeddingImpl;
  torch::Tensor forward(const torch::Tensor& indices);
  std::shared_ptr<torch::nn::Module> clone(const std::optional<torch::Device>& device = std::nullopt) const override;
  Site site;
};

class QuantEmbedding : public torch::nn::ModuleHolder<QuantEmbeddingImpl> {
 public:
  using torch::nn::ModuleHolder<QuantEmbeddingImpl>::ModuleHolder;
  operator torch::nn::Embedding() const {
    return torch::nn::Embedding(std::static_pointer_cast<torch::nn::EmbeddingImpl>(ptr()));
  }
  static QuantEmbedding from_pretrained(const torch::Tensor& embeddings,
                                        const torch::nn::EmbeddingFromPretrainedOptions& options = {});
};

class QuantizerImpl : public torch::nn::Module {
 public:
  QuantizerImpl() : torch::nn::Module("octavo::nn::Quantizer") {}
  torch::Tensor forward(const torch::Tensor& x);
  Site site;
};
TORCH_MODULE(Quantizer);

}  // namespace nn

// A new Quantizer, registered as submodule `name` of `owner`. Written for in-class initialisers.
[[nodiscard]] nn::Quantizer quantizer(torch::nn::Module& owner, std::string name);

// Gives every site under `root` its module path as id.
void name_sites(torch::nn::Module& root);
// Names the sites and switches all of them to `mode`.
void set_mode(torch::nn::Module& root, Mode mode);

}  // namespace octavo
