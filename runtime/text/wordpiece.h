// Text to token ids for BERT and its kin: normalise, split into words, cover each word greedily with the
// longest pieces of the vocabulary, and put [CLS] and [SEP] around the result. Equal to Hugging Face's
// `tokenizers`. Special tokens written out in the text ("[MASK]") are found before anything else, as there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/text/bert_normalizer.h"

namespace octavo::text {

struct WordPieceOptions {
  BertNormalizer normalizer;
  std::string unknown = "[UNK]", begin = "[CLS]", end = "[SEP]", padding = "[PAD]", mask = "[MASK]";
  size_t longest_word = 100;  // characters; a longer word is unknown
};

struct Encoding {
  std::vector<int64_t> ids;
  bool truncated = false;
};

// Batch of encodings, padded at the right to the longest: row-major [B, S].
struct Batch {
  int64_t rows = 0, columns = 0;
  std::vector<int64_t> input_ids, attention_mask;
};

class WordPieceTokenizer {
 public:
  // A Hugging Face model folder: vocab.txt, and the settings of tokenizer_config.json if it is there. Throws
  // std::runtime_error that names the file and what is wrong with it.
  static WordPieceTokenizer load(const std::filesystem::path& folder);

  // The i-th token has id i. Throws std::runtime_error where a special token is missing; only `mask` may be.
  WordPieceTokenizer(const std::vector<std::string>& vocabulary, WordPieceOptions options = {});

  // At most max_length ids, [CLS] and [SEP] included: a longer text loses its end and is marked as truncated.
  // Precondition: max_length >= 2. Broken UTF-8 is read as decode_utf8 says.
  [[nodiscard]] Encoding encode(std::string_view text, size_t max_length) const;

  [[nodiscard]] Batch pad(const std::vector<Encoding>& encodings) const;

  [[nodiscard]] size_t size() const { return ids_.size(); }

 private:
  void append_plain(std::string_view text, std::vector<int64_t>& ids) const;
  void append_word(std::u32string_view word, std::vector<int64_t>& ids) const;
  [[nodiscard]] int64_t id_of(const std::string& token) const;

  WordPieceOptions options_;
  std::unordered_map<std::string, int64_t> ids_;
  std::vector<std::string> specials_;
};

}  // namespace octavo::text
