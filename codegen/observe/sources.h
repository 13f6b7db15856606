// Where in the user's source a call was made: stack addresses now, files and lines in one batch afterwards.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace octavo::observe {

// Addresses of one call stack inside the running executable, innermost first, relative to its load address.
using Frames = std::vector<uint64_t>;
[[nodiscard]] Frames capture_frames();

// For each call stack the innermost place in the user's files: `sources` as given, or, when empty or when none of
// them is on the stack, any file outside LibTorch, the system and Octavo. Asks llvm-symbolizer (which knows columns),
// else addr2line, about the executable's line table. Without either tool, or without debug information, the places
// are empty.
[[nodiscard]] std::vector<base::Place> places_of(const std::vector<Frames>& stacks,
                                                 const std::vector<std::string>& sources);

}  // namespace octavo::observe
