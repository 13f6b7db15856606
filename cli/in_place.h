// octavo rewrite --in-place: writes the sources themselves, and nothing that could not be had back.
#pragma once

#include "rewriter/rewrite.h"

namespace octavo::cli {

// The files that the rewrite changes.
[[nodiscard]] std::vector<const rewriter::FileResult*> changed_files(const rewriter::Result& result);
// Throws Error (refused) for a file that git could not give back: not committed, ignored, or different from its commit.
void refuse_uncommitted(const rewriter::Result& result);
// All of them or none (base::replace_files).
void write_in_place(const rewriter::Result& result);

}  // namespace octavo::cli
