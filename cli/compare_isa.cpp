#include "cli/compare_isa.h"

#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/library.h"
#include "cli/observations.h"
#include "cli/samples.h"
#include "runtime/hash.h"

namespace octavo::cli {

using base::Error;
using base::Exit;

namespace {

struct LayerHash {
  std::string name;  // operator and site
  uint64_t hash;
};

uint64_t hash_of(const Tensor& tensor) {
  const uint64_t seed =
      xxh64(tensor.shape.data(), tensor.shape.size() * sizeof(int64_t), static_cast<uint64_t>(tensor.dtype));
  return xxh64(tensor.bytes.data(), tensor.bytes.size(), seed);
}

// Every layer of every sample, then the outputs.
std::vector<LayerHash> layers(Library& library, const std::vector<Tensors>& samples) {
  std::vector<LayerHash> result;
  library.observe([&](const octavo_observation& seen) {
    result.push_back({fmt::format("{} {}", seen.name, seen.site), hash_of(copy_of(seen))});
  });
  for (const Tensors& sample : samples) {
    for (const auto& [name, tensor] : library.run(sample)) result.push_back({"output " + name, hash_of(tensor)});
  }
  return result;
}

std::string first_difference(const std::vector<LayerHash>& a, const std::vector<LayerHash>& b) {
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i].hash != b[i].hash || a[i].name != b[i].name) return fmt::format("layer {} ({})", i, b[i].name);
  }
  return a.size() == b.size() ? "" : "the number of layers";
}

std::vector<std::string> supported_isas(const octavo_api& api) {
  std::vector<std::string> names;
  int32_t supported = 0;
  for (size_t i = 0; const char* name = api.isa_name(i, &supported); ++i) {
    if (supported != 0) names.emplace_back(name);
  }
  return names;
}

}  // namespace

Exit compare_isa(const std::filesystem::path& folder, const std::string& inputs, bool json) {
  const std::vector<std::string> isas = supported_isas(Library(folder, {.threads = 1, .isa = "scalar"}).api());
  std::vector<LayerHash> first;
  bool equal = true;
  nlohmann::ordered_json runs = nlohmann::ordered_json::array();
  for (const std::string& isa : isas) {
    for (const int threads : {1, 2}) {
      Library library(folder, {.threads = threads, .isa = isa});
      const std::vector<LayerHash> now = layers(library, read_inputs(inputs, library.description()));
      if (first.empty()) first = now;
      const std::string difference = first_difference(first, now);
      equal = equal && difference.empty();
      uint64_t all = 0;
      for (const LayerHash& layer : now) all = xxh64(&layer.hash, sizeof(layer.hash), all);
      runs.push_back({{"isa", isa},
                      {"threads", threads},
                      {"layers", now.size()},
                      {"hash", fmt::format("{:016x}", all)},
                      {"differs", difference}});
      if (!json) {
        std::cout << fmt::format("{:<8} {} thread{}  {:016x}  {} layers{}\n", isa, threads, threads == 1 ? " " : "s",
                                 all, now.size(), difference.empty() ? "" : ", first differs at " + difference);
      }
    }
  }
  if (json) std::cout << nlohmann::ordered_json{{"schema", 1}, {"equal", equal}, {"runs", runs}}.dump(1) << "\n";
  return equal ? Exit::done : Exit::check_failed;
}

}  // namespace octavo::cli
