// search TEXTFILE [QUERY...]: the lines of a text file that mean most nearly what a query says. Without
// queries it reads them from standard input, one a line. Links the compiled MiniLM and the tokenizer, and
// nothing of LibTorch.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

#include "embedder.h"

namespace {

constexpr size_t kAnswers = 5;

struct Line {
  size_t number;
  std::string text;
  std::vector<float> vector;
};

std::vector<Line> read_lines(const char* path, Embedder& embed) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error(std::string(path) + ": cannot be read");
  std::vector<Line> lines;
  size_t number = 0;
  for (std::string text; std::getline(in, text);) {
    ++number;
    if (text.ends_with('\r')) text.pop_back();
    if (text.find_first_not_of(" \t") == std::string::npos) continue;
    auto embedding = embed(text);
    if (embedding.truncated) {
      std::fprintf(stderr, "%s:%zu: only the first %zu tokens are read\n", path, number, Embedder::kLongest);
    }
    lines.push_back({number, text, std::move(embedding.vector)});
  }
  return lines;
}

void answer(const std::string& query, const std::vector<Line>& lines, Embedder& embed) {
  const auto wanted = embed(query).vector;
  std::vector<std::pair<float, const Line*>> ranked;
  for (const auto& line : lines) {
    ranked.emplace_back(std::inner_product(wanted.begin(), wanted.end(), line.vector.begin(), 0.0F), &line);
  }
  const auto shown = ranked.begin() + static_cast<std::ptrdiff_t>(std::min(kAnswers, ranked.size()));
  std::partial_sort(ranked.begin(), shown, ranked.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second->number < b.second->number;
  });
  std::printf("\n%s\n", query.c_str());
  for (auto it = ranked.begin(); it != shown; ++it) {
    std::printf("  %.3f  %4zu  %s\n", it->first, it->second->number, it->second->text.c_str());
  }
  std::fflush(stdout);
}

int search(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  Embedder embed(MINILM_TOKENIZER, MINILM_WEIGHTS);
  const auto begin = Clock::now();
  const auto lines = read_lines(argv[1], embed);
  const std::chrono::duration<double> took = Clock::now() - begin;
  std::fprintf(stderr, "%zu lines of %s in %.2f s (%s, %d threads)\n", lines.size(), argv[1], took.count(),
               embed.model().isa(), embed.model().threads());

  for (int i = 2; i < argc; ++i) answer(argv[i], lines, embed);
  if (argc > 2) return 0;
  for (std::string query; std::getline(std::cin, query);) {
    if (!query.empty()) answer(query, lines, embed);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: search TEXTFILE [QUERY...]\n");
    return 2;
  }
  try {
    return search(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "search: %s\n", e.what());
    return 1;
  }
}
