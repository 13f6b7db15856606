#pragma once

#include <cstdint>

namespace tiny {

struct Config {
  int64_t vocabulary = 32, positions = 64, hidden = 16;
};

}  // namespace tiny
