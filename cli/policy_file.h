// Which octavo.toml speaks for a model.
#pragma once

#include <string>
#include <vector>

namespace octavo::cli {

// `given` (--policy) if there is one, else the nearest octavo.toml at or above the folder of the sources, which it says on
// stderr unless quiet; empty if there is none. Throws Error (usage) where two sources have different ones.
[[nodiscard]] std::string policy_for(const std::vector<std::string>& sources, const std::string& given, bool quiet);

}  // namespace octavo::cli
