// Runs the observed program: once to record the graph, once over the calibration samples.
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/build.h"
#include "cli/products.h"
#include "codegen/graph/text.h"

namespace octavo::cli {

namespace fs = std::filesystem;
using base::Error;
using base::Exit;

namespace {

// What of the weights decides the trace: the file, or the weights in the folder.
void add_weights(Key& key, const fs::path& weights) {
  if (!fs::is_directory(weights)) {
    key.file(weights);
    return;
  }
  Files files;
  for (const auto& entry : fs::directory_iterator(weights)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json")) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) key.add(file.filename().string()).file(file);
}

// Nothing is multiplied in silence: what runs in float is said, with the rewriter's reason.
void account_for_products(const Build& build, const fs::path& modules, const fs::path& products) {
  const auto read = [](const fs::path& file) { return nlohmann::json::parse(base::read_file(file)); };
  const std::vector<Product> found = products_of(graph::read_graph_file(build.file(".graph.json")).graph,
                                                 read(build.file(".sites.json")).at("sites"), read(modules));
  base::write_if_different(products, products_json(found));
  if (!build.options.quiet) std::cerr << products_text(found);
}

}  // namespace

std::vector<std::string> observed_command(const Build& build, const std::string& subcommand) {
  std::vector<std::string> command = {build.file(".observed").string(), subcommand};
  for (const std::string& input : build.options.inputs) command.insert(command.end(), {"--input", input});
  for (const std::string& source : build.options.sources) command.insert(command.end(), {"--source", source});
  command.insert(command.end(), {"--weights", build.options.weights});
  return command;
}

void run_observed(const std::vector<std::string>& command) {
  const ProcessResult result = run_process(command);
  if (result.ok()) {
    std::cerr << result.err;  // notes: prefixes taken off, tensors left out
    return;
  }
  if (result.exit_code > static_cast<int>(Exit::internal) || result.err.empty()) {
    throw Error(Exit::internal, {},
                "the observed program ended with " + std::to_string(result.exit_code) + "\n" + result.err,
                "run it to see: " + command_line(command));
  }
  throw StageFailed(static_cast<Exit>(result.exit_code), result.err);
}

void trace_stage(Build& build) {
  std::vector<std::string> command = observed_command(build, "trace");
  command.insert(command.end(), {"--name", build.options.name});
  for (const std::string& name : build.options.output_names) command.insert(command.end(), {"--output-name", name});
  const fs::path graph = build.file(".graph.json"), tensors = build.file(".tensors.safetensors");
  const fs::path modules = build.hidden("modules.json"), products = build.file(".products.json");
  command.insert(command.end(),
                 {"--graph", graph.string(), "--tensors", tensors.string(), "--modules", modules.string()});

  Key key = build.key();
  key.add(command).file(build.file(".observed")).file(build.file(".sites.json"));
  add_weights(key, build.options.weights);
  build.stage("trace", key, {graph, tensors, modules, products}, [&] {
    run_observed(command);
    account_for_products(build, modules, products);
    return Files{};
  });
}

void calibrate_stage(Build& build) {
  const fs::path ranges = build.file(".ranges.json");
  if (build.options.calibration.empty()) {
    std::error_code ignored;
    fs::remove(ranges, ignored);  // of an earlier build that had samples
    build.stamps.start("calibrate");
    return build.progress.skipped("calibrate");
  }
  std::vector<std::string> command = observed_command(build, "calibrate");
  command.insert(command.end(),
                 {"--name", build.options.name, "--samples", build.options.calibration, "--ranges", ranges.string()});
  if (build.options.limit > 0) command.insert(command.end(), {"--limit", std::to_string(build.options.limit)});

  Key key = build.key();
  key.add(command).file(build.file(".observed")).file(build.options.calibration);
  add_weights(key, build.options.weights);
  build.stage("calibrate", key, {ranges}, [&] {
    run_observed(command);
    return Files{};
  });
}

}  // namespace octavo::cli
