#include "runtime/text/wordpiece.h"

#include <algorithm>
#include <stdexcept>

#include "runtime/text/utf8.h"

namespace octavo::text {

WordPieceTokenizer::WordPieceTokenizer(const std::vector<std::string>& vocabulary, WordPieceOptions options)
    : options_(std::move(options)) {
  for (const auto& token : vocabulary) ids_[token] = static_cast<int64_t>(&token - vocabulary.data());
  for (const auto* needed : {&options_.unknown, &options_.begin, &options_.end, &options_.padding}) {
    if (!ids_.contains(*needed)) throw std::runtime_error("the vocabulary has no token '" + *needed + "'");
    specials_.push_back(*needed);
  }
  if (ids_.contains(options_.mask)) specials_.push_back(options_.mask);
}

int64_t WordPieceTokenizer::id_of(const std::string& token) const { return ids_.at(token); }

Encoding WordPieceTokenizer::encode(std::string_view text, size_t max_length) const {
  if (max_length < 2) throw std::invalid_argument("WordPieceTokenizer::encode: max_length must be at least 2");
  std::vector<int64_t> ids = {id_of(options_.begin)};
  size_t plain = 0;
  for (size_t i = text.find('['); i < text.size();) {
    auto special = std::ranges::find_if(specials_, [&](const auto& s) { return text.substr(i).starts_with(s); });
    if (special == specials_.end()) {
      ++i;
      continue;
    }
    append_plain(text.substr(plain, i - plain), ids);
    ids.push_back(id_of(*special));
    plain = i += special->size();
  }
  append_plain(text.substr(plain), ids);

  bool truncated = ids.size() > max_length - 1;
  if (truncated) ids.resize(max_length - 1);
  ids.push_back(id_of(options_.end));
  return {std::move(ids), truncated};
}

void WordPieceTokenizer::append_plain(std::string_view text, std::vector<int64_t>& ids) const {
  std::u32string normalized = normalize(decode_utf8(text), options_.normalizer);
  for (auto word : split_words(normalized)) append_word(word, ids);
}

void WordPieceTokenizer::append_word(std::u32string_view word, std::vector<int64_t>& ids) const {
  const size_t first = ids.size();
  bool known = word.size() <= options_.longest_word;
  for (size_t begin = 0; known && begin < word.size();) {
    std::string piece = begin == 0 ? "" : "##";
    std::vector<size_t> bytes_at;  // piece's length after each further character
    for (char32_t c : word.substr(begin)) {
      append_utf8(piece, c);
      bytes_at.push_back(piece.size());
    }
    known = false;
    for (size_t n = bytes_at.size(); n > 0 && !known; --n) {
      piece.resize(bytes_at[n - 1]);
      if (auto found = ids_.find(piece); found != ids_.end()) {
        ids.push_back(found->second);
        begin += n;
        known = true;
      }
    }
  }
  if (!known) {
    ids.resize(first);
    ids.push_back(id_of(options_.unknown));
  }
}

Batch WordPieceTokenizer::pad(const std::vector<Encoding>& encodings) const {
  Batch batch{.rows = static_cast<int64_t>(encodings.size()), .columns = 0, .input_ids = {}, .attention_mask = {}};
  for (const auto& e : encodings) batch.columns = std::max(batch.columns, static_cast<int64_t>(e.ids.size()));
  for (const auto& e : encodings) {
    auto gap = static_cast<size_t>(batch.columns) - e.ids.size();
    batch.input_ids.insert(batch.input_ids.end(), e.ids.begin(), e.ids.end());
    batch.input_ids.insert(batch.input_ids.end(), gap, id_of(options_.padding));
    batch.attention_mask.insert(batch.attention_mask.end(), e.ids.size(), 1);
    batch.attention_mask.insert(batch.attention_mask.end(), gap, 0);
  }
  return batch;
}

}  // namespace octavo::text
