#include "cli/compare_layers.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

#include "cli/observations.h"
#include "runtime/isa.h"
#include "runtime/kernels/elementwise/elementwise.h"
#include "runtime/threads.h"

namespace octavo::cli {

namespace {

struct Known {
  const char* name;
  UnaryOp op;
};
constexpr Known kActivations[] = {{"relu", UnaryOp::relu},           {"gelu_erf", UnaryOp::gelu_erf},
                                  {"gelu_tanh", UnaryOp::gelu_tanh}, {"tanh", UnaryOp::tanh},
                                  {"silu", UnaryOp::silu},           {"sigmoid", UnaryOp::sigmoid}};

// `layer` behind `activation`; nothing when it stands behind another one.
std::optional<Tensor> behind(const LayerValue& layer, const std::string& activation) {
  if (layer.activation == activation) return layer.tensor;
  const auto* known = std::find_if(std::begin(kActivations), std::end(kActivations),
                                   [&](const Known& known) { return known.name == activation; });
  if (!layer.activation.empty() || known == std::end(kActivations) || layer.tensor.dtype != OCTAVO_F32) return {};
  Tensor result = layer.tensor;
  Threads caller(1);
  const View all = contiguous(reinterpret_cast<float*>(result.bytes.data()), {result.elements()});
  unary({choose_kernels("scalar"), caller}, known->op, all, all);
  return result;
}

}  // namespace

bool comparable(const octavo_observation& seen) {
  const std::string_view name = seen.name;
  const auto is = [&](std::string_view stem) { return name.starts_with(stem); };
  return *seen.site != '\0' && seen.dtype == OCTAVO_F32 &&
         (is("linear") || is("layer_norm") || is("embedding") || is("fake_quantize"));
}

LayerValue layer_value(const octavo_observation& seen) {
  const std::string name = seen.name;
  const size_t plus = name.find('+');
  return {copy_of(seen), plus == std::string::npos ? "" : name.substr(plus + 1)};
}

void align(const LayerValues& reference, const LayerValues& candidate, Tensors& aligned_reference,
           Tensors& aligned_candidate) {
  for (const auto& [site, mine] : candidate) {
    const auto found = reference.find(site);
    if (found == reference.end() || found->second.tensor.elements() != mine.tensor.elements()) continue;
    const LayerValue& theirs = found->second;
    const std::string& activation = mine.activation.empty() ? theirs.activation : mine.activation;
    const auto a = behind(theirs, activation), b = behind(mine, activation);
    if (!a || !b) continue;
    aligned_reference[site] = *a;
    aligned_candidate[site] = *b;
  }
}

}  // namespace octavo::cli
