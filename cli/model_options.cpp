#include "cli/model_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "cli/hugging_face.h"
#include "cli/policy_file.h"
#include "codegen/calibrate/inputs.h"

namespace octavo::cli {

namespace fs = std::filesystem;
using base::Error;
using base::Exit;

namespace {

const std::vector<std::string> kTargets = {"scalar", "avx2", "avxvnni", "avx512vnni"};
const std::vector<std::string> kLaterTargets = {"cuda"};

bool contains(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// The name becomes a C++ namespace and a file stem.
void check_name(const std::string& name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool identifier = !name.empty() && letter(name[0]) &&
                          std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || digit(c); });
  if (!identifier) {
    throw Error(Exit::usage, {},
                "\"" + name + "\" is no C++ identifier, and the emitted class lives in a namespace of that name",
                "pass --name, letters, digits and _ only");
  }
}

void check_targets(const std::vector<std::string>& targets) {
  const std::string available = fmt::format("{}", fmt::join(kTargets, ", "));
  for (const std::string& target : targets) {
    if (contains(kTargets, target)) continue;
    if (contains(kLaterTargets, target)) {
      throw Error(Exit::refused, {}, "--target " + target + " is not available in this version",
                  "available: " + available + "; the code runs on any x86-64 CPU and picks the best at run time");
    }
    const std::string near = base::nearest(target, kTargets);
    throw Error(Exit::usage, {}, "unknown --target " + target,
                near.empty() ? "available: " + available : "did you mean " + near + "?");
  }
}

void existing(const std::string& path, const std::string& what) {
  if (!path.empty() && !fs::exists(path)) throw Error(Exit::usage, {path}, "no such " + what);
}

std::string absolute(const std::string& path) {
  return path.empty() ? path : fs::absolute(path).lexically_normal().string();
}

void take_hugging_face(ModelOptions& options, const Toolchain& toolchain) {
  if (!options.sources.empty()) {
    throw Error(Exit::usage, {}, "--model picks the source itself, but " + options.sources.front() + " was given too",
                "leave out one of them");
  }
  existing(options.model_dir, "folder");
  const fs::path config = fs::path(options.model_dir) / "config.json";
  const HuggingFaceModel model = read_hugging_face_config(base::read_file(config), config.string());
  options.sources = {(toolchain.models / model.source).string()};
  if (!fs::exists(options.sources.front())) {
    throw Error(Exit::refused, {options.sources.front()}, "is missing", "install Octavo with its models");
  }
  if (options.module.empty()) options.module = model.module;
  if (options.inputs.empty()) options.inputs = model.inputs;
  if (options.weights.empty()) options.weights = options.model_dir;
}

}  // namespace

void add_model_options(CLI::App& app, ModelOptions& options) {
  app.add_option("SOURCE", options.sources,
                 "The model's C++ sources; --module is evaluated where the first is included");
  app.add_option("--model", options.model_dir,
                 "Hugging Face folder: config.json picks source, module, inputs and weights");
  app.add_option("--module", options.module, "C++ expression that yields the module: 'BertModel(BertConfig{})'");
  app.add_option("--input", options.inputs, "An input, in the order of forward's parameters: 'input_ids:int64[B,S]'");
  app.add_option("--output-name", options.output_names, "Names of the outputs, in order");
  app.add_option("--weights", options.weights, "A .safetensors file, its index, or a Hugging Face folder");
  app.add_option("--calibration", options.calibration, "Samples (.jsonl or .safetensors) for static ranges");
  app.add_option("--limit", options.limit, "Use only the first N samples")->check(CLI::NonNegativeNumber);
  app.add_option("--policy", options.policy,
                 "octavo.toml: precision per site (default: the nearest at or above the source)");
  app.add_option("--target", options.targets,
                 fmt::format("Instruction sets, comma-separated: {}", fmt::join(kTargets, ", ")))
      ->delimiter(',');
  app.add_option("--precision", options.precision, "int8 or fp32")
      ->check(CLI::IsMember({"int8", "fp32"}))
      ->capture_default_str();
  app.add_option("--cache", options.caches, "'past:present': a state fed back, for generation");
  app.add_option("--include", options.includes, "Folders searched for the model's headers");
  app.add_option("--header-filter", options.header_filter, "Regular expression: headers that are rewritten too");
  app.add_option("--name", options.name, "Name of the model (default: the source's stem)");
  app.add_option("-o,--output", options.output, "Folder for everything that is made")->required();
  app.add_option("--depfile", options.depfile, "Write the headers that were read, for a build system");
  app.add_flag("--json", options.json, "Print the manifest to standard output");
  app.add_flag("--quiet", options.quiet, "No progress");
  add_toolchain_options(app, options.toolchain);
}

ModelOptions resolve(ModelOptions options, const Toolchain& toolchain) {
  if (!options.caches.empty()) {
    throw Error(Exit::refused, {}, "--cache is not available in this version", "build the model without a cache");
  }
  check_targets(options.targets);
  if (options.targets.empty()) options.targets = kTargets;
  if (!options.model_dir.empty()) take_hugging_face(options, toolchain);
  if (options.sources.empty())
    throw Error(Exit::usage, {}, "no SOURCE", "octavo build SOURCE --module … or octavo build --model HF_DIR");
  for (std::string& source : options.sources) {
    existing(source, "source file");
    source = absolute(source);
  }
  // The ready sources in models/ are not the user's: what lies beside them speaks for no model.
  if (options.model_dir.empty()) options.policy = policy_for(options.sources, options.policy, options.quiet);
  if (options.module.empty()) throw Error(Exit::usage, {}, "--module is missing", "--module 'BertModel(BertConfig{})'");
  if (options.inputs.empty()) throw Error(Exit::usage, {}, "--input is missing", "--input 'input_ids:int64[B,S]'");
  (void)calibrate::parse_inputs(options.inputs);
  if (options.weights.empty()) throw Error(Exit::usage, {}, "--weights is missing", "--weights model.safetensors");
  if (options.name.empty()) options.name = fs::path(options.sources.front()).stem().string();
  check_name(options.name);
  for (const std::string* path : {&options.weights, &options.calibration, &options.policy}) existing(*path, "file");
  for (std::string* path :
       {&options.weights, &options.calibration, &options.policy, &options.output, &options.depfile}) {
    *path = absolute(*path);
  }
  for (std::string& folder : options.includes) folder = absolute(folder);
  return options;
}

}  // namespace octavo::cli
