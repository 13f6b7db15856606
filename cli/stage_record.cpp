// Runs the observed program: once to record the graph, once over the calibration samples.
#include <iostream>

#include "base/files.h"
#include "cli/build.h"

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
  command.insert(command.end(), {"--graph", graph.string(), "--tensors", tensors.string()});

  Key key = build.key();
  key.add(command).file(build.file(".observed"));
  add_weights(key, build.options.weights);
  build.stage("trace", key, {graph, tensors}, [&] {
    run_observed(command);
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
