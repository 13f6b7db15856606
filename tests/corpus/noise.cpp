// Monte Carlo arithmetic (Parker 1997) for a program over LibTorch: loaded with LD_PRELOAD, it disturbs what each operator
// computes by a relative error of a known size, and the spread of the program's answers tells how it magnifies
// roundings. The corpus derives its float bounds from that.
//
//   OCTAVO_NOISE=0.00024 OCTAVO_NOISE_SEED=1 LD_PRELOAD=libcorpus_noise.so model.observed run …
//
// Sums cancel, so an element of a product or a reduction is disturbed relative to the largest of its row.
#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <random>
#include <set>
#include <string_view>

namespace {

// They move, choose or make elements and round nothing.
bool is_exact(std::string_view op) {
  static constexpr std::array<std::string_view, 34> kExact = {
      "aten::embedding", "aten::cat",          "aten::stack",   "aten::clone",   "aten::copy_",      "aten::contiguous",
      "aten::to",        "aten::_to_copy",     "aten::where",   "aten::arange",  "aten::full",       "aten::full_like",
      "aten::zeros",     "aten::zeros_like",   "aten::ones",    "aten::tril",    "aten::triu",       "aten::relu",
      "aten::relu_",     "aten::masked_fill",  "aten::index",   "aten::reshape", "aten::flatten",    "aten::max_pool2d",
      "aten::neg",       "aten::masked_fill_", "aten::maximum", "aten::minimum", "aten::index_put_", "aten::abs",
      "aten::repeat",    "aten::empty",        "aten::gather",  "aten::fill_"};
  return std::find(kExact.begin(), kExact.end(), op) != kExact.end();
}

// Each element is a function of few others at its place.
bool is_elementwise(std::string_view op) {
  static constexpr std::array<std::string_view, 22> kNames = {
      "aten::add",  "aten::add_",    "aten::sub",     "aten::sub_",      "aten::mul",  "aten::mul_",
      "aten::div",  "aten::div_",    "aten::rsub",    "aten::pow",       "aten::exp",  "aten::rsqrt",
      "aten::sqrt", "aten::sigmoid", "aten::tanh",    "aten::gelu",      "aten::silu", "aten::sin",
      "aten::cos",  "aten::log",     "aten::softmax", "aten::reciprocal"};
  return std::find(kNames.begin(), kNames.end(), op) != kNames.end();
}

double number(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? 0 : std::strtod(text, nullptr);
}

thread_local int depth = 0;  // operators call operators; the outermost is what the source wrote

struct Inputs : at::ObserverContext {
  std::set<const void*> storages;
};

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& call) {
  ++depth;
  auto inputs = std::make_unique<Inputs>();
  for (const c10::IValue& value : call.inputs()) {
    if (value.isTensor() && value.toTensor().defined() && value.toTensor().has_storage())
      inputs->storages.insert(value.toTensor().storage().unsafeGetStorageImpl());
  }
  return inputs;
}

void disturb_row(float* row, int64_t width, bool elementwise, std::mt19937_64& random, double size) {
  float largest = 0;
  for (int64_t i = 0; i < width; ++i) {
    if (std::isfinite(row[i])) largest = std::max(largest, std::abs(row[i]));
  }
  std::uniform_real_distribution<double> noise(-size, size);
  for (int64_t i = 0; i < width; ++i) {
    const double scale = elementwise ? row[i] : largest;
    if (std::isfinite(row[i])) row[i] += static_cast<float>(scale * noise(random));
  }
}

void end(const at::RecordFunction& call, at::ObserverContext* context) {
  static const double size = number("OCTAVO_NOISE");
  static std::mt19937_64 random(static_cast<uint64_t>(number("OCTAVO_NOISE_SEED")));
  if (--depth > 0 || is_exact(call.name())) return;
  const bool in_place = std::string_view(call.name()).ends_with('_');
  for (const c10::IValue& value : call.outputs()) {
    if (!value.isTensor() || !value.toTensor().defined() || value.toTensor().scalar_type() != at::kFloat) continue;
    const at::Tensor& result = value.toTensor();
    const bool view = static_cast<Inputs*>(context)->storages.contains(result.storage().unsafeGetStorageImpl());
    if ((view && !in_place) || result.numel() == 0 || !result.is_non_overlapping_and_dense()) continue;
    const int64_t width = result.dim() > 0 && result.is_contiguous() ? result.size(-1) : result.numel();
    auto* data = static_cast<float*>(result.data_ptr());
    for (int64_t row = 0; row < result.numel(); row += width)
      disturb_row(data + row, width, is_elementwise(call.name()), random, size);
  }
}

const at::CallbackHandle registered = at::addGlobalCallback(
    at::RecordFunctionCallback(&begin, &end).needsInputs(true).needsOutputs(true).scopes({at::RecordScope::FUNCTION}));

}  // namespace
