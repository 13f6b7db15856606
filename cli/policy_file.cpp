#include "cli/policy_file.h"

#include <iostream>

#include "base/error.h"
#include "base/policy.h"

namespace octavo::cli {

std::string policy_for(const std::vector<std::string>& sources, const std::string& given, bool quiet) {
  if (!given.empty()) return given;
  std::string chosen, chosen_for;
  for (const std::string& source : sources) {
    const auto found = base::Policy::find(source);
    const std::string path = found ? found->string() : "";
    if (chosen_for.empty()) {
      chosen = path;
      chosen_for = source;
    } else if (path != chosen) {
      const auto named = [](const std::string& policy) { return policy.empty() ? "no octavo.toml" : policy; };
      throw base::Error(base::Exit::usage, {source},
                        named(path) + " speaks for it, but " + named(chosen) + " for " + chosen_for,
                        "name one with --policy");
    }
  }
  if (!chosen.empty() && !quiet) std::cerr << "policy: " << chosen << "\n";
  return chosen;
}

}  // namespace octavo::cli
