// encode_hex MODEL_FOLDER MAX_LENGTH: reads one text per line, its bytes in hexadecimal, and writes its token
// ids. The oracle feeds it, so that a text may hold any byte.
#include <iostream>
#include <string>

#include "runtime/text/wordpiece.h"

int main(int argc, char** argv) {
  if (argc != 3) return std::cerr << "usage: encode_hex MODEL_FOLDER MAX_LENGTH\n", 2;
  auto tokenizer = octavo::text::WordPieceTokenizer::load(argv[1]);
  const size_t max_length = std::stoul(argv[2]);
  for (std::string line, text; std::getline(std::cin, line); text.clear()) {
    for (size_t i = 0; i + 1 < line.size(); i += 2) {
      text.push_back(static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16)));
    }
    for (int64_t id : tokenizer.encode(text, max_length).ids) std::cout << id << ' ';
    std::cout << '\n';
  }
}
