// Site patterns: `*` stands for any run of characters within one path segment, `**` for any run of segments
// too. Segments are separated by dots and match whole: `layer.1` never matches `layer.10`.
#pragma once

#include <string_view>

namespace octavo::base {

[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view path);

}  // namespace octavo::base
