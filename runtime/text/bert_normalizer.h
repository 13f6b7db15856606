// What BERT does to a text before it looks for word pieces; the steps and their order are those of the
// BertNormalizer and BertPreTokenizer of Hugging Face's `tokenizers`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace octavo::text {

struct BertNormalizer {
  bool clean_text = true;             // drop control characters, make every whitespace a space
  bool handle_chinese_chars = true;   // a space on both sides of each CJK ideograph
  std::optional<bool> strip_accents;  // NFD without nonspacing marks; follows lowercase unless set
  bool lowercase = true;
};

std::u32string normalize(std::u32string_view text, const BertNormalizer& steps);

// Words in order: whitespace separates and vanishes, each punctuation character is a word of its own.
std::vector<std::u32string_view> split_words(std::u32string_view text);

}  // namespace octavo::text
