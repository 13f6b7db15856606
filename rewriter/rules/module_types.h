// What the linear and the embedding rule share: every place where torch::nn::NAME or torch::nn::NAMEImpl is spelled.
#pragma once

#include <span>
#include <string>

#include "rewriter/rules/rule.h"

namespace octavo::rewriter {

void find_module_types(const Unit& unit, const Rule& rule, const std::string& name);
// Only a remark at each member or variable of one of these types of torch::nn: it stays as it is, for this reason.
void find_unquantised_modules(const Unit& unit, const Rule& rule, std::span<const char* const> names,
                              const Stay& stays);

}  // namespace octavo::rewriter
