// UTF-8 to code points and back. Broken input is read as Python's bytes.decode("utf-8", "replace") reads it:
// each maximal part that could have begun a character becomes one U+FFFD.
#pragma once

#include <string>
#include <string_view>

namespace octavo::text {

std::u32string decode_utf8(std::string_view bytes);

// Appends one character. Precondition: c is a Unicode scalar value.
void append_utf8(std::string& out, char32_t c);

}  // namespace octavo::text
