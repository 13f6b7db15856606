// tokenize MODEL_FOLDER TEXTFILE OUT.jsonl [MAX_LENGTH]: one sample per non-empty line, as Octavo's
// --calibration and --inputs read them: {"input_ids": [101, ...], "attention_mask": [1, ...]}.
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "runtime/text/wordpiece.h"

namespace {

void write_list(std::ostream& out, const std::vector<int64_t>& values) {
  const char* separator = "[";
  for (int64_t v : values) out << std::exchange(separator, ", ") << v;
  out << ']';
}

void tokenize(const char* folder, const char* text, const char* jsonl, size_t max_length) {
  const auto tokenizer = octavo::text::WordPieceTokenizer::load(folder);
  std::ifstream in(text, std::ios::binary);
  if (!in) throw std::runtime_error(std::string(text) + ": cannot be read");
  std::ofstream out(jsonl, std::ios::binary);
  for (std::string line; std::getline(in, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto batch = tokenizer.pad({tokenizer.encode(line, max_length)});
    out << "{\"input_ids\": ";
    write_list(out, batch.input_ids);
    out << ", \"attention_mask\": ";
    write_list(out, batch.attention_mask);
    out << "}\n";
  }
  if (!out.flush()) throw std::runtime_error(std::string(jsonl) + ": cannot be written");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4 || argc > 5) {
    std::cerr << "usage: tokenize MODEL_FOLDER TEXTFILE OUT.jsonl [MAX_LENGTH]\n";
    return 2;
  }
  try {
    tokenize(argv[1], argv[2], argv[3], argc > 4 ? std::stoul(argv[4]) : 256);
  } catch (const std::exception& e) {
    std::cerr << "tokenize: " << e.what() << '\n';
    return 1;
  }
}
