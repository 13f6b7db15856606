#include "cli/header_flags.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace octavo::cli {
namespace {

enum class Meaning { free, codegen, header, unknown };

struct Prefix {
  std::string_view text;
  Meaning meaning;
};

// The first that fits counts.
constexpr std::array kPrefixes = {
    Prefix{"-I", Meaning::free},
    Prefix{"-D", Meaning::free},
    Prefix{"-U", Meaning::free},
    Prefix{"-W", Meaning::free},
    Prefix{"-w", Meaning::free},
    Prefix{"-l", Meaning::free},
    Prefix{"-L", Meaning::free},
    Prefix{"-M", Meaning::free},
    Prefix{"-o", Meaning::free},
    Prefix{"-isystem", Meaning::free},
    Prefix{"-iquote", Meaning::free},
    Prefix{"-idirafter", Meaning::free},
    Prefix{"-pedantic", Meaning::free},
    Prefix{"-resource-dir", Meaning::free},
    Prefix{"-fsyntax-only", Meaning::free},
    Prefix{"-fdiagnostics", Meaning::free},
    Prefix{"-fcolor-diagnostics", Meaning::free},
    Prefix{"--driver-mode", Meaning::free},
    Prefix{"-O", Meaning::codegen},
    Prefix{"-g", Meaning::codegen},
    Prefix{"-pipe", Meaning::codegen},
    Prefix{"-pthread", Meaning::codegen},
    Prefix{"-fPI", Meaning::codegen},
    Prefix{"-fpi", Meaning::codegen},
    Prefix{"-fno-pi", Meaning::codegen},
    Prefix{"-fno-PI", Meaning::codegen},
    Prefix{"-flto", Meaning::codegen},
    Prefix{"-fno-lto", Meaning::codegen},
    Prefix{"-fvisibility", Meaning::codegen},
    Prefix{"-fstack-protector", Meaning::codegen},
    Prefix{"-fstack-clash", Meaning::codegen},
    Prefix{"-fcf-protection", Meaning::codegen},
    Prefix{"-fno-omit-frame-pointer", Meaning::codegen},
    Prefix{"-fomit-frame-pointer", Meaning::codegen},
    Prefix{"-ffunction-sections", Meaning::codegen},
    Prefix{"-fdata-sections", Meaning::codegen},
    Prefix{"-fno-plt", Meaning::codegen},
    Prefix{"-fno-common", Meaning::codegen},
    Prefix{"-fno-semantic-interposition", Meaning::codegen},
    Prefix{"-std=", Meaning::header},
    Prefix{"-stdlib=", Meaning::header},
    Prefix{"-m", Meaning::header},
    Prefix{"-f", Meaning::header},
};

Meaning meaning(std::string_view flag) {
  if (!flag.starts_with("-") || flag == "-c" || flag == "--") return Meaning::free;  // a value, a file
  const auto* const found =
      std::find_if(kPrefixes.begin(), kPrefixes.end(), [&](const Prefix& p) { return flag.starts_with(p.text); });
  return found == kPrefixes.end() ? Meaning::unknown : found->meaning;
}

}  // namespace

Flags header_flags(const Flags& flags) {
  Flags result;
  std::copy_if(flags.begin(), flags.end(), std::back_inserter(result),
               [](const std::string& flag) { return meaning(flag) == Meaning::header; });
  return result;
}

Flags parse_flags(const Flags& flags) {
  Flags result;
  std::copy_if(flags.begin(), flags.end(), std::back_inserter(result),
               [](const std::string& flag) { return meaning(flag) != Meaning::codegen; });
  return result;
}

bool header_can_fit(const Flags& flags) {
  return std::none_of(flags.begin(), flags.end(),
                      [](const std::string& flag) { return meaning(flag) == Meaning::unknown; });
}

}  // namespace octavo::cli
