// Names for Quantizers, unique in their class and stable under unrelated edits: a product in forward has the first
// claim on the name of its variable, the same variable in another function is told apart by that function's name.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "rewriter/found.h"

namespace octavo::rewriter {

// For each call, the names of its operands' Quantizers, in order.
[[nodiscard]] std::map<Spot, std::vector<std::string>> name_quantizers(const Found& found);

}  // namespace octavo::rewriter
