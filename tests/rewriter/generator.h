// Programs in the dialect, by chance but reproducible: modules with Linear, Embedding and LayerNorm members in the
// spellings that people use, and functions full of products, norms and sums. Every tensor is [B, 4, 4], so that any
// expression fits any other. The generator counts the sites that it writes, so a rewriter that misses one is caught.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace octavo::rewriter {

struct Expected {
  size_t edited = 0, stays = 0;
};

struct Program {
  std::string text;                       // namespace p7 { … }, and macros before it
  std::string make;                       // an expression that yields a std::shared_ptr<p7::NetImpl>
  std::map<std::string, Expected> sites;  // OCT101 -> …
};

// The same number gives the same program.
[[nodiscard]] Program generate(uint64_t number);

// The text with other white space, line breaks and comments between its tokens; preprocessor lines keep theirs.
[[nodiscard]] std::string reformatted(const std::string& text, uint64_t seed);

}  // namespace octavo::rewriter
