// The precompiled <octavo/torch.h>: parsing LibTorch costs about 25 s, so it is parsed once for all models that share a
// cache folder. The rewriter's parse and the observed program use the same one. The file name holds a hash of
// Clang's version, the flags, LibTorch's place and stamp, and Octavo's header.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/toolchain.h"

namespace octavo::cli {

// Flags of every compilation that uses the precompiled header, the include folders with them.
[[nodiscard]] std::vector<std::string> observe_flags(const Toolchain& toolchain);

// Whether a compilation with these further flags can use it: include folders and macros do not matter to it, a language
// standard or a machine option does.
[[nodiscard]] bool pch_fits(const std::vector<std::string>& further_flags);
// -include-pch with the path, or nothing when it does not fit.
[[nodiscard]] std::vector<std::string> pch_flags(const Toolchain& toolchain,
                                                 const std::vector<std::string>& further_flags);

[[nodiscard]] std::filesystem::path pch_path(const Toolchain& toolchain);
// Makes it when it is not there; of two processes one makes it and the other waits. Throws base::Error (refused) with
// Clang's messages when LibTorch's header does not compile.
std::filesystem::path ensure_pch(const Toolchain& toolchain);

}  // namespace octavo::cli
