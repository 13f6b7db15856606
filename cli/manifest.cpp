#include "cli/manifest.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "cli/build.h"
#include "codegen/calibrate/inputs.h"
#include "codegen/emit/program_text.h"
#include "codegen/graph/text.h"

namespace octavo::cli {

namespace fs = std::filesystem;
using base::Error;
using base::Exit;
using nlohmann::ordered_json;

namespace {

ordered_json tensor(const std::string& name, const graph::Type& type) {
  ordered_json shape = ordered_json::array();
  for (const graph::Dim& dim : type.shape) shape.push_back(dim.text());
  return {{"name", name}, {"dtype", emit::dtype_name(type.dtype)}, {"shape", shape}};
}

ordered_json site_counts(const Build& build) {
  int rewritten = 0, skipped = 0;
  const ordered_json report = ordered_json::parse(base::read_file(build.file(".sites.json")));
  for (const ordered_json& site : report.at("sites")) ++(site.at("status") == "rewritten" ? rewritten : skipped);
  return {{"rewritten", rewritten}, {"skipped", skipped}};
}

ordered_json hashes(const Build& build) {
  ordered_json files;
  for (const char* suffix : {".octavo.cpp", ".sites.json", ".graph.json", ".tensors.safetensors", ".ranges.json", ".h",
                             ".cpp", ".weights", ".so"}) {
    const fs::path path = build.file(suffix);
    if (fs::exists(path)) files[path.filename().string()] = file_hash(path);
  }
  return files;
}

}  // namespace

void write_manifest(Build& build) {
  const ModelOptions& options = build.options;
  const fs::path path = fs::path(options.output) / "manifest.json";
  Key key = build.key();
  key.add(options.module).add(options.sources).add(options.targets).add(options.precision).add(options.weights);
  for (const char* stage : {"rewrite", "trace", "compile", "link"})
    key.file(fs::path(options.output) / ".stamps" / (std::string(stage) + ".json"));
  if (build.stamps.fresh("manifest", key)) return;
  build.stamps.start("manifest");

  const graph::Graph graph = graph::read_graph_file(build.file(".graph.json")).graph;
  ordered_json inputs = ordered_json::array(), outputs = ordered_json::array();
  for (const graph::ValueId input : graph.inputs) inputs.push_back(tensor(graph.value_name(input), graph.type(input)));
  for (const graph::Output& output : graph.outputs) outputs.push_back(tensor(output.name, graph.type(output.value)));
  const ordered_json manifest = {{"schema", 1},
                                 {"name", options.name},
                                 {"sources", options.sources},
                                 {"module", options.module},
                                 {"weights", options.weights},
                                 {"precision", options.precision},
                                 {"targets", options.targets},
                                 {"dims", graph.dims},
                                 {"inputs", inputs},
                                 {"outputs", outputs},
                                 {"files", hashes(build)},
                                 {"versions",
                                  {{"octavo", version()},
                                   {"clang", program_version(build.toolchain.clangxx)},
                                   {"cxx", program_version(build.toolchain.cxx)},
                                   {"libtorch", torch_version(build.toolchain.torch_root)}}},
                                 {"sites", site_counts(build)},
                                 {"report", ordered_json::parse(base::read_file(build.file(".report.json")))}};
  base::write_if_different(path, manifest.dump(1) + "\n");
  build.stamps.finish("manifest", key, {path});
}

Manifest Manifest::read(const fs::path& folder) {
  const fs::path path = folder / "manifest.json";
  if (!fs::exists(path)) {
    throw Error(Exit::usage, {folder.string()}, "is no folder of `octavo build`: manifest.json is missing",
                "octavo build … -o " + folder.string());
  }
  try {
    const auto json = nlohmann::json::parse(base::read_file(path));
    Manifest manifest{json.at("name"), json.at("weights"), json.at("sources"), {}, {}};
    for (const auto& input : json.at("inputs")) {
      const auto shape = input.at("shape").get<std::vector<std::string>>();
      manifest.inputs.push_back(fmt::format("{}:{}[{}]", input.at("name").get<std::string>(),
                                            input.at("dtype").get<std::string>(), fmt::join(shape, ",")));
    }
    for (const auto& output : json.at("outputs")) manifest.output_names.push_back(output.at("name"));
    return manifest;
  } catch (const nlohmann::json::exception& error) {
    throw Error(Exit::refused, {path.string()}, std::string("is damaged: ") + error.what(), "build again");
  }
}

}  // namespace octavo::cli
