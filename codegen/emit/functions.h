// The steps as C++ functions, one per block of the model (encoder.layer.3), each a flat list of calls.
#pragma once

#include <string>
#include <vector>

#include "codegen/emit/body.h"

namespace octavo::emit {

struct Function {
  std::string name;                // encoder_layer_3
  std::string title;               // encoder.layer.3
  std::vector<std::string> lines;  // of its body
};

// Buffers have their final homes. `dims` in the order of the program.
[[nodiscard]] std::vector<Function> functions(const std::vector<Step>& steps, const std::vector<Buffer>& buffers,
                                              const std::vector<std::string>& dims);

}  // namespace octavo::emit
