// What build and its stages are told about a model, and what follows from it once defaults are filled in.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/toolchain.h"

namespace octavo::cli {

struct ModelOptions {
  std::vector<std::string> sources;
  std::string model_dir;  // --model: a Hugging Face folder picks the source, module and inputs
  std::string name, module, weights, calibration, policy, output = ".";
  std::vector<std::string> inputs, output_names, caches, includes, targets;
  std::vector<std::string> clang_args;
  std::string precision = "int8";
  std::string until = "link";
  std::string depfile;
  std::string header_filter;
  int limit = 0;  // samples used for calibration; 0: all
  bool json = false, quiet = false, dump_passes = false, matrices = false;
  ToolchainOptions toolchain;
};

void add_model_options(CLI::App& app, ModelOptions& options);

// Defaults filled in, paths absolute, everything checked that can be checked without Clang and LibTorch. Throws
// base::Error (usage) for what the user wrote wrongly, (refused) for what this version does not have.
[[nodiscard]] ModelOptions resolve(ModelOptions options, const Toolchain& toolchain);

}  // namespace octavo::cli
