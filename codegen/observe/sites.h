// Walks the quantizable sites of a module tree.
#pragma once

#include <functional>

#include "octavo/torch.h"

namespace octavo::observe {

// The site a module carries, or null for a module that is none of Octavo's.
[[nodiscard]] nn::Site* site_of(torch::nn::Module& module);
void for_each_site(torch::nn::Module& root, const std::function<void(nn::Site&, torch::nn::Module&)>& visit);

}  // namespace octavo::observe
