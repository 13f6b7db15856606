#include "cli/build.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "base/files.h"
#include "cli/command.h"
#include "cli/pch.h"
#include "codegen/emit/report.h"

namespace octavo::cli {

namespace fs = std::filesystem;
using base::Error;
using base::Exit;

namespace {

struct StageEntry {
  const char* name;
  void (*run)(Build&);
};
constexpr StageEntry kStages[] = {{"rewrite", rewrite_stage},     {"observe", observe_stage}, {"trace", trace_stage},
                                  {"calibrate", calibrate_stage}, {"compile", compile_stage}, {"link", link_stage}};

// What the compile stage decided, whether it ran just now or earlier.
void print_matrices(Build& build) {
  const std::string file = build.file(".report.json");
  if (!fs::exists(file)) throw Error(Exit::usage, {file}, "is missing", "--matrices needs the stage compile");
  std::cout << emit::matrix_table(base::read_file(file), file);
}

Exit run_build(const ModelOptions& options) {
  Build build(options, std::size(kStages));
  for (const StageEntry& stage : kStages) {
    stage.run(build);
    if (options.until == stage.name) break;
  }
  if (options.until == "link") {
    write_manifest(build);
    if (options.json) std::cout << base::read_file(fs::path(build.options.output) / "manifest.json");
  }
  write_depfile(build);
  if (options.matrices) print_matrices(build);
  return Exit::done;
}

void require(const fs::path& file, const std::string& made_by) {
  if (!fs::exists(file)) throw Error(Exit::usage, {file.string()}, "is missing", "it is made by octavo " + made_by);
}

Exit run_trace(const ModelOptions& options) {
  Build build(options, 2);
  require(build.file(".octavo.cpp"), "build --until rewrite");
  observe_stage(build);
  trace_stage(build);
  return Exit::done;
}

Exit run_calibrate(const ModelOptions& options) {
  if (options.calibration.empty())
    throw Error(Exit::usage, {}, "--calibration is missing", "--calibration samples.jsonl");
  Build build(options, 1);
  require(build.file(".observed"), "trace");
  calibrate_stage(build);
  return Exit::done;
}

Exit run_compile(const ModelOptions& options) {
  Build build(options, 1);
  require(build.file(".graph.json"), "trace");
  compile_stage(build);
  if (options.matrices) print_matrices(build);
  return Exit::done;
}

void add_stage(CLI::App& app, Invocation& invocation, const std::string& name, const std::string& about,
               const std::string& example, Exit (*run)(const ModelOptions&)) {
  CLI::App* sub = app.add_subcommand(name, about);
  sub->footer("\nExample:\n  " + example);
  auto options = std::make_shared<ModelOptions>();
  add_model_options(*sub, *options);
  if (name == "compile" || name == "build")
    sub->add_flag("--dump-passes", options->dump_passes, "Print what each pass changed");
  if (name == "compile" || name == "build")
    sub->add_flag("--matrices", options->matrices,
                  "Print each matrix: kernel, proof of its lanes, error of its weights");
  if (name == "build") {
    sub->add_option("--until", options->until, "Stop after this stage")
        ->check(CLI::IsMember({"rewrite", "observe", "trace", "calibrate", "compile", "link"}))
        ->capture_default_str();
  }
  sub->callback([options, &invocation, run] {
    invocation.action = [options, &invocation, run] {
      options->clang_args = invocation.clang_args;
      return run(*options);
    };
  });
}

}  // namespace

void add_build(CLI::App& app, Invocation& invocation) {
  add_stage(app, invocation, "build", "Compile a model: source to INT8 library, every stage that is not up to date",
            "octavo build models/bert.cpp --module 'BertModel(minilm_l6())' --input 'input_ids:int64[B,S]' \\\n"
            "      --input 'attention_mask:int64[B,S]' --weights model.safetensors -o out\n"
            "  octavo build --model path/to/all-MiniLM-L6-v2 --name minilm -o out",
            run_build);
}

void add_stages(CLI::App& app, Invocation& invocation) {
  add_stage(app, invocation, "trace", "Build the observed program from NAME.octavo.cpp and record what it computes",
            "octavo trace models/bert.cpp --module … --input … --weights … -o out", run_trace);
  add_stage(app, invocation, "calibrate", "Run the observed program over samples and record the ranges it sees",
            "octavo calibrate models/bert.cpp … --calibration sentences.jsonl -o out", run_calibrate);
  add_stage(app, invocation, "compile", "From graph, weights and ranges to C++",
            "octavo compile models/bert.cpp … -o out", run_compile);
}

Build::Build(ModelOptions given, int steps)
    : toolchain(Toolchain::find(given.toolchain)),
      options(resolve(std::move(given), toolchain)),
      stamps((base::make_directory(fs::path(options.output) / ".observe"), options.output)),
      progress(steps, options.quiet) {}

fs::path Build::file(const std::string& suffix) const { return fs::path(options.output) / (options.name + suffix); }
fs::path Build::hidden(const std::string& name) const { return fs::path(options.output) / ".observe" / name; }

Key Build::key() const {
  static const std::string executable = file_hash(own_executable());
  return Key().add(version()).add(executable).add(options.name);
}

void Build::stage(const std::string& name, const Key& key, const Files& outputs, const std::function<Files()>& work) {
  if (stamps.fresh(name, key)) return progress.skipped(name);
  stamps.start(name);
  progress.begin(name);
  const Files dependencies = work();
  stamps.finish(name, key, outputs, dependencies);
  progress.done();
}

fs::path Build::pch() {
  std::optional<std::string> stage;
  const fs::path path = ensure_pch(toolchain, options.clang_args, [&] { stage = progress.begin_extra("precompile"); });
  if (stage) {
    progress.done();
    progress.begin(*stage);
  }
  return path;
}

std::vector<std::string> source_flags(const Build& build) {
  std::vector<std::string> flags = observe_flags(build.toolchain);
  for (const std::string& folder : build.options.includes) flags.push_back("-I" + folder);
  for (const std::string& flag : parse_flags(build.options.clang_args)) flags.push_back(flag);
  return flags;
}

void write_depfile(const Build& build) {
  if (build.options.depfile.empty()) return;
  const auto escaped = [](const std::string& path) {
    std::string text;
    for (const char c : path) {
      if (c == ' ' || c == '#') text += '\\';
      if (c == '$') text += '$';
      text += c;
    }
    return text;
  };
  // The target is the depfile's own stem: NAME.stamp.d describes NAME.stamp.
  std::string text = escaped(fs::path(build.options.depfile).replace_extension().string()) + ":";
  for (const std::string& header : build.stamps.dependencies("rewrite")) text += " \\\n  " + escaped(header);
  base::write_if_different(build.options.depfile, text + "\n");
}

}  // namespace octavo::cli
