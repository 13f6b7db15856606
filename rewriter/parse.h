// Parses the sources where they lie, with Clang in this process, and hands each unit to the rules.
#pragma once

#include <string>

#include "rewriter/found.h"
#include "rewriter/rewrite.h"

namespace octavo::rewriter {

struct Parsed {
  Found found;
  std::string diagnostics;  // Clang's messages, with carets
  bool failed = false;
};

[[nodiscard]] Parsed parse_and_find(const Options& options);

}  // namespace octavo::rewriter
