#include "runtime/text/utf8.h"

#include <gtest/gtest.h>

namespace octavo::text {
namespace {

TEST(Utf8, DecodesEveryLength) {
  EXPECT_EQ(decode_utf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x91\x8D"), U"aé€👍");
  EXPECT_EQ(decode_utf8(""), U"");
}

TEST(Utf8, EachMaximalBrokenPartBecomesOneReplacement) {
  EXPECT_EQ(decode_utf8("\xE2\x82"), U"\uFFFD");                            // a character cut short
  EXPECT_EQ(decode_utf8("\xE2\x82z"), U"\uFFFDz");                          // and the next one is kept
  EXPECT_EQ(decode_utf8("\xC0\xAF"), U"\uFFFD\uFFFD");                      // overlong
  EXPECT_EQ(decode_utf8("\xED\xA0\x80"), U"\uFFFD\uFFFD\uFFFD");            // surrogate
  EXPECT_EQ(decode_utf8("\xF4\x90\x80\x80"), U"\uFFFD\uFFFD\uFFFD\uFFFD");  // above U+10FFFF
  EXPECT_EQ(decode_utf8("\x80"), U"\uFFFD");
}

TEST(Utf8, AppendInvertsDecode) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string bytes;
    append_utf8(bytes, c);
    ASSERT_EQ(decode_utf8(bytes), std::u32string(1, c)) << static_cast<uint32_t>(c);
  }
}

}  // namespace
}  // namespace octavo::text
