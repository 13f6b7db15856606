#include "base/safetensors.h"
#include "codegen/calibrate/ranges.h"
#include "codegen/compile.h"
#include "codegen/emit/emit.h"
#include "codegen/graph/text.h"

namespace octavo {

emit::Emitted compile(const std::filesystem::path& graph_file, const std::filesystem::path& tensors,
                      const std::filesystem::path& ranges, CompileOptions options, const std::filesystem::path& folder,
                      const std::string& precision) {
  graph::GraphFile file = graph::read_graph_file(graph_file);
  if (!ranges.empty()) {
    options.ranges.clear();
    for (const auto& [site, range] : calibrate::read_ranges(ranges).sites) {
      options.ranges[site] = {range.min, range.max};
    }
  }
  const std::string name = file.graph.name;
  const graph::Graph optimised = optimise(std::move(file.graph), options);
  const base::Safetensors weights = base::Safetensors::open(tensors);
  return emit::emit({optimised, weights, name, file.source, precision}, folder);
}

}  // namespace octavo
