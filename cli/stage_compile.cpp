// From graph, tensors and ranges to the emitted C++ and its weights.
#include <iostream>

#include "base/files.h"
#include "base/safetensors.h"
#include "cli/build.h"
#include "codegen/calibrate/ranges.h"
#include "codegen/compile.h"
#include "codegen/emit/emit.h"
#include "codegen/graph/text.h"

namespace octavo::cli {

namespace fs = std::filesystem;

namespace {

CompileOptions compile_options(const Build& build) {
  CompileOptions result;
  if (build.options.precision == "fp32") {
    result.policy = base::Policy::fp32();
  } else if (!build.options.policy.empty()) {
    result.policy = base::Policy::read(build.options.policy);
  }
  if (const fs::path ranges = build.file(".ranges.json"); fs::exists(ranges)) {
    for (const auto& [site, range] : calibrate::read_ranges(ranges).sites) result.ranges[site] = {range.min, range.max};
  }
  if (build.options.dump_passes) {
    result.dump = [](const std::string& pass, const std::string& changes) { std::cerr << "after " << pass << "\n" << changes; };
  }
  return result;
}

}  // namespace

void compile_stage(Build& build) {
  const ModelOptions& options = build.options;
  const fs::path graph = build.file(".graph.json"), tensors = build.file(".tensors.safetensors");
  Key key = build.key();
  key.add(options.precision).add(options.targets).file(options.policy).file(graph).file(tensors).file(build.file(".ranges.json"));
  if (options.dump_passes) build.stamps.start("compile");  // to see the passes they must run

  build.stage("compile", key, {build.file(".h"), build.file(".cpp"), build.file(".weights"), build.file(".report.json")}, [&] {
    const graph::GraphFile traced = graph::read_graph_file(graph);
    const graph::Graph optimised = optimise(traced.graph, compile_options(build));
    const base::Safetensors values = base::Safetensors::open(tensors);
    const emit::Emitted emitted = emit::emit({optimised, values, options.name, traced.source, options.precision});
    emit::write(emitted, options.name, options.output);
    base::write_if_different(build.file(".report.json"), emit::report_json(emitted.report));
    return Files{};
  });
}

}  // namespace octavo::cli
