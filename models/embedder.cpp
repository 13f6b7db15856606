#include "embedder.h"

#include <cmath>

Embedder::Embedder(const std::string& tokenizer_folder, const std::string& weights)
    : tokenizer_(octavo::text::WordPieceTokenizer::load(tokenizer_folder)), model_(weights), session_(model_) {}

Embedder::Embedding Embedder::operator()(std::string_view text) {
  const auto tokens = tokenizer_.encode(text, kLongest);
  const auto S = static_cast<int64_t>(tokens.ids.size());
  const std::vector<int64_t> mask(tokens.ids.size(), 1);
  std::vector<float> hidden(static_cast<size_t>(minilm::output_elements(1, S)));  // [1, S, D]

  session_.run({.B = 1, .S = S, .input_ids = tokens.ids, .attention_mask = mask}, {.output = hidden});

  Embedding result{std::vector<float>(kWidth, 0.0F), tokens.truncated};
  for (size_t i = 0; i < hidden.size(); ++i) result.vector[i % kWidth] += hidden[i];
  // The mean's 1/S cancels against the norm.
  float squares = 0;
  for (float x : result.vector) squares += x * x;
  for (float& x : result.vector) x /= std::sqrt(squares);
  return result;
}
