// The modules of octavo/torch.h and the three operators they call. The operators are composites of LibTorch's
// own, so autograd works; being registered, they reach the recorder whole and carry the site.
#include <torch/library.h>

#include <set>

#include "codegen/observe/sites.h"
#include "octavo/torch.h"

namespace octavo {

namespace {

// Exactly what torch::nn::Linear computes, which at::linear does not: bit-equality is promised.
at::Tensor linear(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                  c10::string_view /*site*/) {
  return torch::nn::functional::linear(input, weight, bias.value_or(at::Tensor()));
}

at::Tensor embedding(const at::Tensor& weight, const at::Tensor& indices, int64_t padding_idx,
                     c10::string_view /*site*/) {
  return at::embedding(weight, indices, padding_idx, /*scale_grad_by_freq=*/false, /*sparse=*/false);
}

// alias() gives a fresh tensor, as a function of the dispatcher must.
at::Tensor quantize(const at::Tensor& x, c10::string_view /*site*/) { return x.alias(); }

TORCH_LIBRARY(octavo, m) {
  m.def("linear(Tensor input, Tensor weight, Tensor? bias, str site) -> Tensor", &linear);
  m.def("embedding(Tensor weight, Tensor indices, int padding_idx, str site) -> Tensor", &embedding);
  m.def("quantize(Tensor(a) x, str site) -> Tensor(a)", &quantize);
}

template <typename Signature>
auto operator_handle(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

at::Tensor call_linear(const at::Tensor& x, const at::Tensor& w, const at::Tensor& b, const std::string& site) {
  static const auto handle = operator_handle<decltype(linear)>("octavo::linear");
  return handle.call(x, w, b.defined() ? std::optional<at::Tensor>(b) : std::nullopt, site);
}

// Round half to even on the grid of 127 steps each side; gradients pass, except where a static range clips.
class FakeQuantise : public torch::autograd::Function<FakeQuantise> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& absmax) {
    context->save_for_backward({x.abs() <= absmax});
    const at::Tensor inverse = at::where(absmax > 0, 127.0F / absmax, at::zeros_like(absmax));
    return at::clamp(at::round(x * inverse), -127, 127) * (absmax / 127.0F);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    return {gradients[0] * context->get_saved_variables()[0], at::Tensor()};
  }
};

at::Tensor on_row_grid(const at::Tensor& x) {
  if (x.numel() == 0) return x;
  if (x.dim() == 0) return FakeQuantise::apply(x, x.detach().abs());
  return FakeQuantise::apply(x, x.detach().abs().amax(-1, /*keepdim=*/true));
}

std::shared_ptr<torch::nn::Module> finish_clone(torch::nn::Module& copy, const torch::nn::Module& original,
                                                const std::optional<torch::Device>& device) {
  torch::NoGradGuard no_grad;
  auto from = original.named_parameters(false);
  for (auto& parameter : copy.named_parameters(false)) {
    const at::Tensor& source = from[parameter.key()];
    parameter.value().set_data(source.detach().clone().to(device.value_or(source.device())));
    parameter.value().set_requires_grad(source.requires_grad());
  }
  copy.train(original.is_training());
  return copy.shared_from_this();
}

}  // namespace

namespace nn {

void Site::observe(const torch::Tensor& x) {
  if (x.numel() == 0 || !x.is_floating_point()) return;
  torch::NoGradGuard no_grad;
  const auto [smallest, largest] = at::aminmax(x.detach());
  low = std::min(low, smallest.item<double>());
  high = std::max(high, largest.item<double>());
  count += x.numel();
}

torch::Tensor Site::fake_quantise(const torch::Tensor& x) const {
  if (!x.is_floating_point()) return x;
  return absmax ? FakeQuantise::apply(x, at::full({}, *absmax, x.options())) : on_row_grid(x);
}

torch::Tensor Site::activation(const torch::Tensor& x) {
  if (mode == Mode::off) return x;
  if (mode == Mode::fake_quantise) return fake_quantise(x);
  observe(x);
  return x;
}

torch::Tensor QuantLinearImpl::forward(const torch::Tensor& input) {
  const at::Tensor x = site.activation(input);
  return call_linear(x, site.mode == Mode::fake_quantise ? on_row_grid(weight) : weight, bias, site.id);
}

std::shared_ptr<torch::nn::Module> QuantLinearImpl::clone(const std::optional<torch::Device>& device) const {
  auto copy = std::make_shared<QuantLinearImpl>(options);
  copy->site = site;
  return finish_clone(*copy, *this, device);
}

torch::Tensor QuantEmbeddingImpl::forward(const torch::Tensor& indices) {
  // These options change the table or its gradient; the plain module knows how.
  if (options.max_norm() || options.scale_grad_by_freq() || options.sparse()) return EmbeddingImpl::forward(indices);
  static const auto handle = operator_handle<decltype(embedding)>("octavo::embedding");
  int64_t padding = options.padding_idx().value_or(-1);
  if (options.padding_idx() && padding < 0) padding += weight.size(0);
  return handle.call(site.mode == Mode::fake_quantise ? on_row_grid(weight) : weight, indices, padding, site.id);
}

std::shared_ptr<torch::nn::Module> QuantEmbeddingImpl::clone(const std::optional<torch::Device>& device) const {
  auto copy = std::make_shared<QuantEmbeddingImpl>(options);
  copy->site = site;
  return finish_clone(*copy, *this, device);
}

QuantEmbedding QuantEmbedding::from_pretrained(const torch::Tensor& embeddings,
                                               const torch::nn::EmbeddingFromPretrainedOptions& options) {
  TORCH_CHECK(embeddings.dim() == 2, "Embeddings parameter is expected to be 2-dimensional");
  QuantEmbedding embedding(torch::nn::EmbeddingOptions(embeddings.size(0), embeddings.size(1))
                               ._weight(embeddings)
                               .padding_idx(options.padding_idx())
                               .max_norm(options.max_norm())
                               .norm_type(options.norm_type())
                               .scale_grad_by_freq(options.scale_grad_by_freq())
                               .sparse(options.sparse()));
  embedding->weight.set_requires_grad(!options.freeze());
  return embedding;
}

torch::Tensor QuantizerImpl::forward(const torch::Tensor& x) {
  static const auto handle = operator_handle<decltype(quantize)>("octavo::quantize");
  return handle.call(site.activation(x), site.id);
}

}  // namespace nn

nn::Quantizer quantizer(torch::nn::Module& owner, std::string name) {
  return owner.register_module(std::move(name), nn::Quantizer());
}

namespace observe {

nn::Site* site_of(torch::nn::Module& module) {
  if (auto* linear = dynamic_cast<nn::QuantLinearImpl*>(&module)) return &linear->site;
  if (auto* embedding = dynamic_cast<nn::QuantEmbeddingImpl*>(&module)) return &embedding->site;
  if (auto* quantizer = dynamic_cast<nn::QuantizerImpl*>(&module)) return &quantizer->site;
  return nullptr;
}

void for_each_site(torch::nn::Module& root, const std::function<void(nn::Site&, torch::nn::Module&)>& visit) {
  std::set<const nn::Site*> seen;
  if (nn::Site* site = site_of(root)) visit(*site, root);
  for (const auto& child : root.named_modules({}, /*include_self=*/false)) {
    nn::Site* site = site_of(*child.value());
    if (site != nullptr && seen.insert(site).second) visit(*site, *child.value());
  }
}

}  // namespace observe

void name_sites(torch::nn::Module& root) {
  std::set<const nn::Site*> named;  // a module registered twice keeps its first path
  for (const auto& child : root.named_modules({}, /*include_self=*/false)) {
    nn::Site* site = observe::site_of(*child.value());
    if (site != nullptr && named.insert(site).second) site->id = child.key();
  }
}

void set_mode(torch::nn::Module& root, Mode mode) {
  name_sites(root);
  observe::for_each_site(root, [&](nn::Site& site, torch::nn::Module&) { site.mode = mode; });
}

}  // namespace octavo
