// XXH64, the checksum of weights sections and of observed layers. Same values as the reference
// implementation.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octavo {

uint64_t xxh64(const void* data, size_t bytes, uint64_t seed = 0);

}  // namespace octavo
