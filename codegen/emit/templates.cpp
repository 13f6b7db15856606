#include "codegen/emit/templates.h"

#include <cctype>

#include "base/error.h"

namespace octavo::emit {

const std::string_view kHeaderTemplate =
#include "model.h.inc"
    ;
const std::string_view kSourceTemplate =
#include "model.cpp.inc"
    ;

std::string fill(std::string_view text, const std::map<std::string, std::string>& values) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const size_t open = text.find('@', at);
    if (open == std::string_view::npos) return result.append(text.substr(at));
    result.append(text.substr(at, open - at));
    const size_t close = text.find('@', open + 1);
    const std::string key(text.substr(open + 1, close == std::string_view::npos ? close : close - open - 1));
    const auto found = values.find(key);
    if (close == std::string_view::npos || found == values.end()) {
      throw base::Error(base::Exit::internal, {}, "a template asks for '" + key + "'");
    }
    result += found->second;
    at = close + 1;
  }
  return result;
}

}  // namespace octavo::emit
