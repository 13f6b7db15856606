// Inputs of a compiled model from a .jsonl or .safetensors file, and its answers as a .safetensors file.
#pragma once

#include <filesystem>
#include <vector>

#include "cli/library.h"

namespace octavo::cli {

// "input_ids:int64[B,S]" for each input, as `octavo build --input` takes it.
[[nodiscard]] std::vector<std::string> input_texts(const octavo_description& description);

// One entry a call: a .jsonl file has one a line.
[[nodiscard]] std::vector<Tensors> read_inputs(const std::filesystem::path& path,
                                               const octavo_description& description);

// One sample: tensors by output name. Several: `name/0`, `name/1`, … in the order of the lines.
void write_outputs(const std::filesystem::path& path, const std::vector<Tensors>& outputs);
[[nodiscard]] std::string sample_name(const std::string& name, size_t sample, size_t samples);

}  // namespace octavo::cli
