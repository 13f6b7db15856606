// The fixed text of emitted files, from templates/*.in, and the one thing done to it.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace octavo::emit {

extern const std::string_view kHeaderTemplate;  // templates/model.h.in
extern const std::string_view kSourceTemplate;  // templates/model.cpp.in

// Replaces each @KEY@ by its value. Every key of the text must be there: otherwise base::Error (internal).
[[nodiscard]] std::string fill(std::string_view text, const std::map<std::string, std::string>& values);

}  // namespace octavo::emit
