#include "runtime/text/utf8.h"

#include <cstdint>

namespace octavo::text {
namespace {

// What may follow a lead byte: how many bytes, and the range of the first of them (which rules out overlong
// forms, surrogates and values above U+10FFFF).
struct Lead {
  int following = -1;  // -1: no lead byte
  uint8_t low = 0x80, high = 0xBF;
};

Lead lead_of(uint8_t byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {1};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};
  if (byte == 0xED) return {2, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {2};
  if (byte == 0xF0) return {3, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {3};
  if (byte == 0xF4) return {3, 0x80, 0x8F};
  return {};
}

}  // namespace

std::u32string decode_utf8(std::string_view bytes) {
  std::u32string out;
  out.reserve(bytes.size());
  for (size_t i = 0; i < bytes.size();) {
    auto byte = static_cast<uint8_t>(bytes[i++]);
    if (byte < 0x80) {
      out.push_back(byte);
      continue;
    }
    Lead lead = lead_of(byte);
    char32_t c = lead.following < 0 ? 0 : byte & (0x3F >> lead.following);
    int missing = lead.following;
    for (; missing > 0 && i < bytes.size(); --missing, ++i) {
      auto next = static_cast<uint8_t>(bytes[i]);
      if (next < lead.low || next > lead.high) break;
      lead.low = 0x80, lead.high = 0xBF;
      c = (c << 6) | (next & 0x3F);
    }
    out.push_back(missing == 0 ? c : U'\uFFFD');
  }
  return out;
}

void append_utf8(std::string& out, char32_t c) {
  auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6)), put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12)), put(0x80 | ((c >> 6) & 0x3F)), put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18)), put(0x80 | ((c >> 12) & 0x3F)), put(0x80 | ((c >> 6) & 0x3F)), put(0x80 | (c & 0x3F));
  }
}

}  // namespace octavo::text
