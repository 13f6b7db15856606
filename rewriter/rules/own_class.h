// A user's own module that is merely called like one of torch::nn: listed, so that its absence from the diff is no
// surprise. What it calls inside is matched as anywhere else.
#pragma once

#include <string>

#include "rewriter/rules/rule.h"

namespace octavo::rewriter {

void find_own_class(const Unit& unit, const Rule& rule, const std::string& name);

}  // namespace octavo::rewriter
