// What a compiler's flags mean to the precompiled header of LibTorch (pch.h). Clang loads one only where the language
// and the machine are those it was made for, so these flags make a header of their own; others do not matter to it, or
// only to the code that is generated, which neither the rewriter nor the observed program is after.
#pragma once

#include <string>
#include <vector>

namespace octavo::cli {

using Flags = std::vector<std::string>;

// Those that the header must be made with as well: -std=, -m…, -f… and -stdlib=.
[[nodiscard]] Flags header_flags(const Flags& flags);

// The flags without those of code generation alone: -O, -g, -fPIC, -flto and the like.
[[nodiscard]] Flags parse_flags(const Flags& flags);

// Whether there can be a header for them: not with another header in front (-include), another language (-x), or a flag
// that is not known here.
[[nodiscard]] bool header_can_fit(const Flags& flags);

}  // namespace octavo::cli
