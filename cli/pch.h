// The precompiled <octavo/torch.h>: parsing LibTorch costs about 25 s, so it is parsed once for all models that share a
// cache folder. The rewriter's parse and the observed program use the same one; each language standard and each choice of
// machine or -f option has its own (header_flags.h). The file name holds a hash of Clang's version, the flags,
// LibTorch's place and stamp, and Octavo's header.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cli/header_flags.h"
#include "cli/toolchain.h"

namespace octavo::cli {

// Flags of every compilation that uses the precompiled header, the include folders with them.
[[nodiscard]] Flags observe_flags(const Toolchain& toolchain);

// -include-pch with the path of the header for these further flags, or nothing when none can fit.
[[nodiscard]] Flags pch_flags(const Toolchain& toolchain, const Flags& further_flags);

[[nodiscard]] std::filesystem::path pch_path(const Toolchain& toolchain, const Flags& further_flags = {});
// The header for these further flags, empty when none can fit. Makes it when it is not there, after calling `before`; of two
// processes one makes it and the other waits. Throws base::Error (refused) with Clang's messages when LibTorch's header
// does not compile.
std::filesystem::path ensure_pch(const Toolchain& toolchain, const Flags& further_flags,
                                 const std::function<void()>& before);

}  // namespace octavo::cli
