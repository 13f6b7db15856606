// What a model's observer sees, copied out: the memory behind it is reused by the next layer.
#pragma once

#include "cli/library.h"

namespace octavo::cli {

// Row-major.
[[nodiscard]] Tensor copy_of(const octavo_observation& seen);

}  // namespace octavo::cli
