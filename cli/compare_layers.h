// What a layer gave, and how two of them are made comparable: an activation that was fused into a product is applied to
// the side that shows the product before it.
#pragma once

#include <map>
#include <string>

#include "cli/library.h"

namespace octavo::cli {

struct LayerValue {
  Tensor tensor;
  std::string activation;  // "gelu_erf", "" for none
};
using LayerValues = std::map<std::string, LayerValue>;  // by site

// Whether LibTorch's side names such a value by the same site.
[[nodiscard]] bool comparable(const octavo_observation& seen);
[[nodiscard]] LayerValue layer_value(const octavo_observation& seen);

// The layers of both, behind the same activations; those whose activations or sizes differ are left out.
void align(const LayerValues& reference, const LayerValues& candidate, Tensors& aligned_reference,
           Tensors& aligned_candidate);

}  // namespace octavo::cli
