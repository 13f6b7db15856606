// From graph, tensors and ranges to the emitted C++ and its weights.
#include <iostream>

#include "base/files.h"
#include "cli/build.h"
#include "codegen/compile.h"
#include "codegen/emit/emit.h"

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
  if (build.options.dump_passes) {
    result.dump = [](const std::string& pass, const std::string& changes) {
      std::cerr << "after " << pass << "\n" << changes;
    };
  }
  return result;
}

}  // namespace

void compile_stage(Build& build) {
  const ModelOptions& options = build.options;
  const fs::path graph = build.file(".graph.json"), tensors = build.file(".tensors.safetensors"),
                 ranges = build.file(".ranges.json");
  Key key = build.key();
  key.add(options.precision).add(options.targets).file(options.policy).file(graph).file(tensors).file(ranges);
  if (options.dump_passes) build.stamps.start("compile");  // to see the passes they must run

  build.stage("compile", key,
              {build.file(".h"), build.file(".cpp"), build.file(".weights"), build.file(".report.json")}, [&] {
                const fs::path seen = fs::exists(ranges) ? ranges : fs::path();
                const emit::Emitted emitted =
                    compile(graph, tensors, seen, compile_options(build), options.output, options.precision);
                base::write_if_different(build.file(".report.json"), emit::report_json(emitted.report));
                return Files{};
              });
}

}  // namespace octavo::cli
