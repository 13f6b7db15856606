#include "runtime/hash.h"

#include <gtest/gtest.h>

#include <vector>

namespace octavo {
namespace {

// Values of the reference implementation (xxHash 0.8, XXH64).
TEST(Hash, AgreesWithTheReference) {
  EXPECT_EQ(xxh64("", 0), 0xef46db3751d8e999u);
  EXPECT_EQ(xxh64("a", 1), 0xd24ec4f1a98c6e5bu);
  EXPECT_EQ(xxh64("abc", 3), 0x44bc2cf5ad770999u);
  const char* text = "Nobody inspects the spammish repetition";  // 39 bytes: lanes, a word and a tail
  EXPECT_EQ(xxh64(text, 39), 0xfbcea83c8a378bf1u);
}

TEST(Hash, DependsOnEveryByteAndOnTheSeed) {
  std::vector<unsigned char> bytes(131);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(i * 7);
  const uint64_t whole = xxh64(bytes.data(), bytes.size());
  EXPECT_NE(whole, xxh64(bytes.data(), bytes.size(), 1));
  for (unsigned char& b : bytes) {
    b ^= 1;
    EXPECT_NE(whole, xxh64(bytes.data(), bytes.size()));
    b ^= 1;
  }
}

}  // namespace
}  // namespace octavo
