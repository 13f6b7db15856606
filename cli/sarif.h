// The remarks of a rewrite as SARIF 2.1.0, which code-review tools show beside the source.
#pragma once

#include <string>

#include "rewriter/rewrite.h"

namespace octavo::cli {

[[nodiscard]] std::string sarif(const rewriter::Result& result);

}  // namespace octavo::cli
