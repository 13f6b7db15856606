#include "cli/bench_inputs.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "cli/samples.h"
#include "codegen/calibrate/inputs.h"
#include "codegen/graph/text.h"

namespace octavo::cli {

namespace {

// For each input that ends up as indices of an embedding, the smallest table it indexes.
std::map<std::string, int64_t> index_limits(const graph::Graph& graph) {
  const graph::Uses uses(graph);
  std::map<std::string, int64_t> limits;
  for (const graph::Call& call : graph.calls) {
    if (call.op != "octavo.embedding" && call.op != "aten.embedding") continue;
    const auto rows = graph.type(call.operands.at(0)).shape.at(0).constant();
    std::vector<graph::ValueId> pending = {call.operands.at(1)};
    std::vector<bool> seen(graph.values.size());
    while (!pending.empty()) {
      const graph::ValueId value = pending.back();
      pending.pop_back();
      if (value == graph::kNone || seen[static_cast<size_t>(value)]) continue;
      seen[static_cast<size_t>(value)] = true;
      const int producer = uses.producer[static_cast<size_t>(value)];
      if (producer >= 0) {
        const auto& operands = graph.calls[static_cast<size_t>(producer)].operands;
        pending.insert(pending.end(), operands.begin(), operands.end());
      } else if (rows && std::count(graph.inputs.begin(), graph.inputs.end(), value) > 0) {
        const auto [at, added] = limits.emplace(graph.value_name(value), *rows);
        if (!added) at->second = std::min(at->second, *rows);
      }
    }
  }
  return limits;
}

// Scattered but the same in every run.
uint32_t scattered(uint64_t i) {
  return static_cast<uint32_t>((i * 6364136223846793005ULL + 1442695040888963407ULL) >> 33);
}

Tensor make_input(const calibrate::InputDecl& input, octavo_dtype dtype, const graph::Dim::Sizes& sizes,
                  int64_t limit) {
  Tensor tensor{dtype, {}, {}};
  for (const graph::Dim& dim : input.dims) tensor.shape.push_back(dim.evaluate(sizes));
  tensor.bytes.resize(static_cast<size_t>(tensor.elements()) * size_of(dtype));
  for (size_t i = 0; i < static_cast<size_t>(tensor.elements()); ++i) {
    const int64_t whole = limit > 1 ? 1 + scattered(i) % (limit - 1) : limit == 1 ? 0 : 1;
    const auto narrow = static_cast<int32_t>(whole);
    const float real = static_cast<float>(scattered(i)) / static_cast<float>(1U << 30) - 1.0F;
    std::byte* at = tensor.bytes.data() + i * size_of(dtype);
    if (dtype == OCTAVO_I64)
      std::memcpy(at, &whole, sizeof(whole));
    else if (dtype == OCTAVO_I32)
      std::memcpy(at, &narrow, sizeof(narrow));
    else if (dtype == OCTAVO_F32)
      std::memcpy(at, &real, sizeof(real));
    else
      *at = std::byte{1};
  }
  return tensor;
}

}  // namespace

graph::Dim::Sizes bench_sizes(const octavo_description& about, const std::string& dims) {
  return calibrate::parse_sizes(dims, calibrate::dim_names(calibrate::parse_inputs(input_texts(about))));
}

Tensors bench_inputs(const std::filesystem::path& folder, const octavo_description& about,
                     const graph::Dim::Sizes& sizes) {
  const auto declared = calibrate::parse_inputs(input_texts(about));
  const auto limits = index_limits(graph::read_graph_file(folder / (std::string(about.name) + ".graph.json")).graph);
  Tensors inputs;
  for (size_t i = 0; i < declared.size(); ++i) {
    const auto limit = limits.find(declared[i].name);
    inputs[declared[i].name] = make_input(declared[i], static_cast<octavo_dtype>(about.inputs[i].dtype), sizes,
                                          limit == limits.end() ? 0 : limit->second);
  }
  return inputs;
}

}  // namespace octavo::cli
