// The stages of a build, each a function from files to files in one folder:
//
//   rewrite    sources                -> NAME.octavo.cpp NAME.sites.json NAME.diff
//   observe    NAME.octavo.cpp        -> NAME.observe.cpp NAME.observed
//   trace      NAME.observed, weights -> NAME.graph.json NAME.tensors.safetensors
//   calibrate  NAME.observed, samples -> NAME.ranges.json
//   compile    graph, tensors, ranges -> NAME.h NAME.cpp NAME.weights
//   link       NAME.cpp               -> libNAME.a NAME.so, then manifest.json
//
// A stage whose inputs did not change since it finished is skipped (stamps.h).
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/model_options.h"
#include "cli/process.h"
#include "cli/progress.h"
#include "cli/stamps.h"
#include "cli/toolchain.h"

namespace octavo::cli {

// A program that a stage ran has failed and has said so itself; what() is its text, printed as it is.
class StageFailed : public std::runtime_error {
 public:
  StageFailed(base::Exit exit, const std::string& text) : std::runtime_error(text), exit(exit) {}
  base::Exit exit;
};

using Files = std::vector<std::filesystem::path>;

struct Build {
  Build(ModelOptions options, int steps);

  Toolchain toolchain;
  ModelOptions options;  // resolved
  Stamps stamps;
  Progress progress;

  [[nodiscard]] std::filesystem::path file(const std::string& suffix) const;  // DIR/NAME<suffix>
  [[nodiscard]] std::filesystem::path hidden(const std::string& name) const;  // DIR/.observe/name
  // What every stage depends on: this executable.
  [[nodiscard]] Key key() const;
  // `work` returns the files it found to depend on besides those in the key.
  void stage(const std::string& name, const Key& key, const Files& outputs, const std::function<Files()>& work);
  // The precompiled header, made now if it is not there, as a step of its own. Empty if none fits the flags after `--`.
  [[nodiscard]] std::filesystem::path pch();
};

void rewrite_stage(Build& build);
void observe_stage(Build& build);
void trace_stage(Build& build);
void calibrate_stage(Build& build);
void compile_stage(Build& build);
void link_stage(Build& build);
void write_manifest(Build& build);
// --depfile: what a build system must watch besides the files it named itself.
void write_depfile(const Build& build);

// Flags of the model's own sources: the shared ones, --include, and what follows `--` but for code generation.
[[nodiscard]] std::vector<std::string> source_flags(const Build& build);
// The observed program with a subcommand and the options that describe the inputs.
[[nodiscard]] std::vector<std::string> observed_command(const Build& build, const std::string& subcommand);
// Runs it; passes its notes on, and its failure as StageFailed.
void run_observed(const std::vector<std::string>& command);

}  // namespace octavo::cli
