#include "runtime/text/wordpiece.h"

#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>

namespace octavo::text {
namespace {

using Ids = std::vector<int64_t>;

//                                        0        1        2        3        4         5      6       7 8 9
const std::vector<std::string> kTokens{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "play", "##ing", "##ed", "a", ","};

TEST(WordPiece, TakesTheLongestPieces) {
  WordPieceTokenizer tokenizer(kTokens);
  EXPECT_EQ(tokenizer.encode("Playing, played a", 16).ids, (Ids{2, 5, 6, 9, 5, 7, 8, 3}));
}

TEST(WordPiece, AWordWithAnUnknownRestIsUnknownAsAWhole) {
  WordPieceTokenizer tokenizer(kTokens);
  EXPECT_EQ(tokenizer.encode("playful a", 16).ids, (Ids{2, 1, 8, 3}));
}

TEST(WordPiece, FindsSpecialTokensWrittenInTheText) {
  WordPieceTokenizer tokenizer(kTokens);
  EXPECT_EQ(tokenizer.encode("a[MASK]a [mask]", 16).ids, (Ids{2, 8, 4, 8, 1, 1, 1, 3}));
}

TEST(WordPiece, TruncatesTheEndAndSaysSo) {
  WordPieceTokenizer tokenizer(kTokens);
  auto whole = tokenizer.encode("a a a", 5), cut = tokenizer.encode("a a a", 4);
  EXPECT_EQ(whole.ids, (Ids{2, 8, 8, 8, 3}));
  EXPECT_FALSE(whole.truncated);
  EXPECT_EQ(cut.ids, (Ids{2, 8, 8, 3}));
  EXPECT_TRUE(cut.truncated);
  EXPECT_THROW((void)tokenizer.encode("a", 1), std::invalid_argument);
}

TEST(WordPiece, LongWordsAreUnknown) {
  auto tokens = kTokens;
  tokens.push_back("##a");
  WordPieceTokenizer tokenizer(tokens);
  EXPECT_EQ(tokenizer.encode(std::string(100, 'a'), 200).ids.size(), 102U);
  EXPECT_EQ(tokenizer.encode(std::string(101, 'a'), 200).ids, (Ids{2, 1, 3}));
}

TEST(WordPiece, BrokenUtf8IsDropped) {
  WordPieceTokenizer tokenizer(kTokens);
  EXPECT_EQ(tokenizer
                .encode("\xFFpl\xE2\x82"
                        "ay",
                        16)
                .ids,
            (Ids{2, 5, 3}));
}

TEST(WordPiece, PadsToTheLongest) {
  WordPieceTokenizer tokenizer(kTokens);
  auto batch = tokenizer.pad({tokenizer.encode("a", 8), tokenizer.encode("a a", 8)});
  EXPECT_EQ(batch.rows, 2);
  EXPECT_EQ(batch.columns, 4);
  EXPECT_EQ(batch.input_ids, (Ids{2, 8, 3, 0, 2, 8, 8, 3}));
  EXPECT_EQ(batch.attention_mask, (Ids{1, 1, 1, 0, 1, 1, 1, 1}));
}

TEST(WordPiece, NamesTheMissingSpecialToken) {
  try {
    WordPieceTokenizer tokenizer({"[PAD]", "[UNK]", "[CLS]"});
    FAIL() << "accepted a vocabulary without [SEP]";
  } catch (const std::runtime_error& e) {
    EXPECT_NE(std::string(e.what()).find("[SEP]"), std::string::npos) << e.what();
  }
}

struct ModelFolder : testing::Test {
  ModelFolder() {
    std::filesystem::create_directories(folder);
    std::filesystem::remove(folder / "tokenizer_config.json");
    std::ofstream vocabulary(folder / "vocab.txt", std::ios::binary);
    for (const auto& token : kTokens) vocabulary << token << "\r\n";
  }
  void settings(const std::string& json) const { std::ofstream(folder / "tokenizer_config.json") << json; }

  std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "octavo_wordpiece";
};

TEST_F(ModelFolder, LoadsWithAndWithoutSettings) {
  EXPECT_EQ(WordPieceTokenizer::load(folder).encode("PLAY", 8).ids, (Ids{2, 5, 3}));
  settings(R"({"do_lower_case": false, "strip_accents": null, "mask_token": {"content": "[MASK]"}})");
  EXPECT_EQ(WordPieceTokenizer::load(folder).encode("PLAY play", 8).ids, (Ids{2, 1, 5, 3}));
}

TEST_F(ModelFolder, NamesTheFileThatIsWrong) {
  auto message = [&] {
    try {
      WordPieceTokenizer::load(folder);
    } catch (const std::runtime_error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  settings("{\"do_lower_case\": ");
  EXPECT_NE(message().find("tokenizer_config.json"), std::string::npos) << message();
  settings("{\"do_lower_case\": \"yes\"}");
  EXPECT_NE(message().find("tokenizer_config.json"), std::string::npos) << message();
  settings("{}");
  std::filesystem::remove(folder / "vocab.txt");
  EXPECT_NE(message().find("vocab.txt"), std::string::npos) << message();
}

}  // namespace
}  // namespace octavo::text
