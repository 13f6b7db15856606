#include "embedder.h"

#include <cmath>

#include "minilm.h"

Embedder::Embedder(const std::string& tokenizer_folder, const std::string& weights)
    : tokenizer_(octavo::text::WordPieceTokenizer::load(tokenizer_folder)),
      model_(minilm_program(), weights),
      session_(model_) {}

Embedder::Embedding Embedder::operator()(std::string_view text) {
  const auto tokens = tokenizer_.encode(text, kLongest);
  const auto S = static_cast<int64_t>(tokens.ids.size());
  const std::vector<int64_t> mask(tokens.ids.size(), 1);
  std::vector<float> hidden(tokens.ids.size() * kWidth);  // [1, S, D]

  const int64_t shape[] = {1, S};
  const octavo::Input inputs[] = {{octavo::DType::i64, 2, shape, tokens.ids.data()},
                                  {octavo::DType::i64, 2, shape, mask.data()}};
  const octavo::Output outputs[] = {{octavo::DType::f32, hidden.data(), hidden.size() * sizeof(float)}};
  session_.run(inputs, outputs);

  Embedding result{std::vector<float>(kWidth, 0.0F), tokens.truncated};
  for (size_t i = 0; i < hidden.size(); ++i) result.vector[i % kWidth] += hidden[i];
  // The mean's 1/S cancels against the norm.
  float squares = 0;
  for (float x : result.vector) squares += x * x;
  for (float& x : result.vector) x /= std::sqrt(squares);
  return result;
}
