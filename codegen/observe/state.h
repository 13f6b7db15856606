// What a module tree holds, for those who do not load LibTorch.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "octavo/torch.h"

namespace octavo::observe {

// {"encoder.layer.0": "corpus::LayerImpl", …}, the root as "": which class a registered path is.
[[nodiscard]] std::string module_types_json(const torch::nn::Module& root);

// Parameters and buffers by registered path; of those that share their elements the first.
[[nodiscard]] std::vector<std::pair<std::string, at::Tensor>> state_of(const torch::nn::Module& root);

}  // namespace octavo::observe
