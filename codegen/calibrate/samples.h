// Inputs for calibration and for `octavo run`, from
//
//   FILE.jsonl         one sample a line: {"input_ids": [101, 7592, 102], "attention_mask": [1, 1, 1]}
//                      Where all inputs share their leading dim (the batch), a line leaves it out and becomes
//                      one call with batch 1, so lines may differ in length.
//   FILE.safetensors   one sample: full tensors by input name
//
// Nobody vouches for these files: each defect is a base::Error (refused) naming the file, the line and the
// input.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "codegen/calibrate/inputs.h"

namespace octavo::calibrate {

struct SampleTensor {
  graph::DType dtype = graph::DType::i64;
  std::vector<int64_t> shape;    // with the batch
  std::vector<std::byte> bytes;  // row-major
};

struct Sample {
  std::vector<SampleTensor> inputs;  // in the order of the declarations
  graph::Dim::Sizes sizes;           // of the named dims
  int line = 0;                      // 1-based; 0 for safetensors
};

// At most `limit` samples; 0 is no limit. A file without samples is an error.
[[nodiscard]] std::vector<Sample> read_samples(const std::filesystem::path& path, const std::vector<InputDecl>& inputs,
                                               int64_t limit = 0);
// The lines of a .jsonl text; `file` names it in errors.
[[nodiscard]] std::vector<Sample> parse_jsonl(std::string_view text, const std::vector<InputDecl>& inputs,
                                              const std::string& file, int64_t limit = 0);

}  // namespace octavo::calibrate
