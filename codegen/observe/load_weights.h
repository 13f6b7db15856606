// Fills a module's parameters and buffers from a checkpoint.
#pragma once

#include <filesystem>

#include "octavo/torch.h"

namespace octavo::observe {

// `path` is a .safetensors file, an index of shards, or a Hugging Face folder. F32, F16 and BF16 become the parameter's
// dtype. Returns what was stripped, left out or kept as constructed, a sentence each.
// Throws one base::Error (refused) that lists every missing, extra, mis-shaped and mis-typed tensor; then nothing of the
// module has changed.
std::vector<std::string> load_weights(torch::nn::Module& module, const std::filesystem::path& path);

}  // namespace octavo::observe
