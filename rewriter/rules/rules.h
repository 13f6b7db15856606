// The rewriter's table of contents.
#pragma once

#include <span>

#include "rewriter/rules/rule.h"

namespace octavo::rewriter {

[[nodiscard]] std::span<const Rule* const> rules();
[[nodiscard]] const Rule& rule(const std::string& id);

}  // namespace octavo::rewriter
