// How a source is compiled: from the flags after `--`, a compilation database, or a guess that says so.
#pragma once

#include <clang/Tooling/ArgumentsAdjusters.h>
#include <clang/Tooling/CompilationDatabase.h>

#include <memory>
#include <string>
#include <vector>

#include "rewriter/rewrite.h"

namespace octavo::rewriter {

// Throws Error (usage) for a folder without compile_commands.json. Notes go to `diagnostics`.
[[nodiscard]] std::unique_ptr<clang::tooling::CompilationDatabase> compilation_database(
    const Options& options, const std::vector<std::string>& paths, std::string& diagnostics);

// Adds the resource directory and the precompiled header, quietens warnings, drops flags that only GCC knows.
[[nodiscard]] clang::tooling::ArgumentsAdjuster our_flags(const Options& options);

}  // namespace octavo::rewriter
