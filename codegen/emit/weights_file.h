// Writes NAME.weights as runtime/weights_format.h lays it out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codegen/emit/weights.h"

namespace octavo::emit {

[[nodiscard]] std::string weights_file(const std::vector<Section>& sections, uint64_t build_id);

}  // namespace octavo::emit
