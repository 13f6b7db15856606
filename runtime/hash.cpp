#include "runtime/hash.h"

#include <bit>
#include <cstring>

namespace octavo {
namespace {

constexpr uint64_t kP1 = 0x9E3779B185EBCA87u, kP2 = 0xC2B2AE3D27D4EB4Fu, kP3 = 0x165667B19E3779F9u,
                   kP4 = 0x85EBCA77C2B2AE63u, kP5 = 0x27D4EB2F165667C5u;

template <typename T>
uint64_t read(const unsigned char* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

uint64_t round(uint64_t acc, uint64_t input) { return std::rotl(acc + input * kP2, 31) * kP1; }
uint64_t merge(uint64_t h, uint64_t lane) { return (h ^ round(0, lane)) * kP1 + kP4; }

uint64_t finish(uint64_t h, const unsigned char* p, size_t left) {
  for (; left >= 8; p += 8, left -= 8) h = std::rotl(h ^ round(0, read<uint64_t>(p)), 27) * kP1 + kP4;
  if (left >= 4) {
    h = std::rotl(h ^ (read<uint32_t>(p) * kP1), 23) * kP2 + kP3;
    p += 4;
    left -= 4;
  }
  for (; left > 0; ++p, --left) h = std::rotl(h ^ (*p * kP5), 11) * kP1;
  h = (h ^ (h >> 33)) * kP2;
  h = (h ^ (h >> 29)) * kP3;
  return h ^ (h >> 32);
}

}  // namespace

uint64_t xxh64(const void* data, size_t bytes, uint64_t seed) {
  const auto* p = static_cast<const unsigned char*>(data);
  size_t left = bytes;
  uint64_t h = seed + kP5;
  if (bytes >= 32) {
    uint64_t lane[4] = {seed + kP1 + kP2, seed + kP2, seed, seed - kP1};
    for (; left >= 32; left -= 32)
      for (uint64_t& l : lane) {
        l = round(l, read<uint64_t>(p));
        p += 8;
      }
    h = std::rotl(lane[0], 1) + std::rotl(lane[1], 7) + std::rotl(lane[2], 12) + std::rotl(lane[3], 18);
    for (uint64_t l : lane) h = merge(h, l);
  }
  return finish(h + bytes, p, left);
}

}  // namespace octavo
