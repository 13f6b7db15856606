#include <gtest/gtest.h>

#include "runtime/text/bert_normalizer.h"

namespace octavo::text {
namespace {

constexpr BertNormalizer kNothing{
    .clean_text = false, .handle_chinese_chars = false, .strip_accents = false, .lowercase = false};

TEST(BertNormalizer, CleansControlsAndWhitespace) {
  BertNormalizer steps = kNothing;
  steps.clean_text = true;
  EXPECT_EQ(normalize(U"a\tb\u00A0c\r", steps), U"a b c ");
  EXPECT_EQ(normalize(std::u32string_view(U"a\0b", 3), steps), U"ab");
  EXPECT_EQ(normalize(U"a\u200Be\uFFFDf\u0007", steps), U"aef");
}

TEST(BertNormalizer, SpacesChineseButNotKana) {
  BertNormalizer steps = kNothing;
  steps.handle_chinese_chars = true;
  EXPECT_EQ(normalize(U"a漢字か", steps), U"a 漢  字 か");
}

TEST(BertNormalizer, StripsAccentsAfterDecomposing) {
  BertNormalizer steps = kNothing;
  steps.strip_accents = true;
  EXPECT_EQ(normalize(U"Éàc\u0327\u0301ø", steps), U"Eacø");
}

TEST(BertNormalizer, AccentsFollowCaseUnlessTold) {
  EXPECT_EQ(normalize(U"É", {}), U"e");
  EXPECT_EQ(normalize(U"É", {.strip_accents = false}), U"é");
  EXPECT_EQ(normalize(U"É", {.strip_accents = {}, .lowercase = false}), U"É");
}

TEST(BertNormalizer, DottedCapitalIBecomesTwoCharacters) {
  EXPECT_EQ(normalize(U"İ", {.strip_accents = false}), U"i\u0307");
  EXPECT_EQ(normalize(U"İ", {}), U"i");
}

TEST(SplitWords, PunctuationStandsAlone) {
  EXPECT_EQ(split_words(U" don't  $5.\n"), (std::vector<std::u32string_view>{U"don", U"'", U"t", U"$", U"5", U"."}));
  EXPECT_TRUE(split_words(U" \t").empty());
}

}  // namespace
}  // namespace octavo::text
