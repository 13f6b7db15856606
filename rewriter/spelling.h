// How a file spells torch::nn: torch::nn::Linear, nn::Linear or Linear.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rewriter/tokens.h"

namespace octavo::rewriter {

// The spelling of torch::nn::NAME in this file, if the file leaves no doubt.
[[nodiscard]] std::optional<std::string> usual_spelling(const std::vector<Token>& tokens, const std::string& name);

}  // namespace octavo::rewriter
