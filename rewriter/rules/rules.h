// The rewriter's table of contents.
#pragma once

#include <span>

#include "rewriter/rules/rule.h"

namespace octavo::rewriter {

[[nodiscard]] std::span<const Rule* const> rules();

}  // namespace octavo::rewriter
