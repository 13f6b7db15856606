// Matches the names of a checkpoint with the names of a model. No LibTorch.
//
// Prefixes of whole models (bert., roberta., …) are stripped or added when that is what makes the names meet; what lies
// outside a stripped prefix belongs to another head and is left out. Old spellings (LayerNorm.gamma, beta) are known.
// Buffers that a model computes itself (position_ids, causal masks) may be absent or left over.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/safetensors.h"

namespace octavo::observe {

struct ModelTensor {
  std::string name;
  std::vector<int64_t> shape;
  bool buffer = false;
  bool floating = true;  // takes F32, F16, BF16; otherwise the dtype must be `dtype`
  std::string dtype;     // as in the file: F32, I64, BOOL, …
  std::string tied_to;   // first name of the same storage; empty for the first
};

struct Matching {
  std::map<std::string, std::string> file_name;  // by model name
  std::vector<std::string> notes;                // what was stripped, left out or kept as constructed
};

// Throws one base::Error (refused) that lists every missing, extra, mis-shaped and mis-typed tensor.
[[nodiscard]] Matching match_names(const std::vector<ModelTensor>& model,
                                   const std::map<std::string, base::TensorInfo>& file, const std::string& path);

}  // namespace octavo::observe
