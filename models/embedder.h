// Sentences to vectors: tokens, the compiled model's last hidden states, their mean over the sentence,
// length 1. The dot product of two such vectors is the cosine between the sentences.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "minilm.h"
#include "runtime/text/wordpiece.h"

class Embedder {
 public:
  // tokenizer_folder: a Hugging Face folder with vocab.txt; weights: the file beside the compiled model.
  Embedder(const std::string& tokenizer_folder, const std::string& weights);

  struct Embedding {
    std::vector<float> vector;  // [D]
    bool truncated = false;     // the text had more than kLongest tokens; its end was not read
  };
  Embedding operator()(std::string_view text);

  const octavo::Model& model() const { return model_.generic(); }

  static constexpr size_t kLongest = 256;  // as sentence-transformers runs this model
  static constexpr int64_t kWidth = 384;   // D

 private:
  octavo::text::WordPieceTokenizer tokenizer_;
  minilm::Model model_;
  minilm::Session session_;
};
