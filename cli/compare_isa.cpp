#include "cli/compare_isa.h"

#include <fmt/format.h>

#include <algorithm>
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
  std::vector<int64_t> shape;
  uint64_t hash;
};
using LayerHashes = std::vector<LayerHash>;  // of one run: each call, then the outputs

uint64_t hash_of(const Tensor& tensor) {
  const uint64_t seed =
      xxh64(tensor.shape.data(), tensor.shape.size() * sizeof(int64_t), static_cast<uint64_t>(tensor.dtype));
  return xxh64(tensor.bytes.data(), tensor.bytes.size(), seed);
}

// The layers of one run. see(layer index, tensor) may cut the tensor down before it is hashed.
template <typename See>
LayerHashes hash_layers(Library& library, const Tensors& inputs, See see) {
  LayerHashes result;
  const auto add = [&](std::string name, Tensor tensor) {
    see(result.size(), tensor);
    const uint64_t hash = hash_of(tensor);
    result.push_back({std::move(name), std::move(tensor.shape), hash});
  };
  library.observe(
      [&](const octavo_observation& seen) { add(fmt::format("{} {}", seen.name, seen.site), copy_of(seen)); });
  for (const auto& [name, tensor] : library.run(inputs)) add("output " + name, tensor);
  library.observe(nullptr);
  return result;
}

// Whether every input has the same named dim in front: then samples can be put together along it.
bool has_batch_dim(const octavo_description& description) {
  const auto leading = [&](size_t i) {
    const octavo_input_info& input = description.inputs[i];
    const char* name = input.rank > 0 ? input.shape[0].name : nullptr;
    return name != nullptr ? std::string(name) : std::string();
  };
  for (size_t i = 0; i < description.input_count; ++i)
    if (leading(i).empty() || leading(i) != leading(0)) return false;
  return description.input_count > 0;
}

bool same_shapes(const Tensors& a, const Tensors& b) {
  return std::ranges::equal(
      a, b, {}, [](const auto& x) { return x.second.shape; }, [](const auto& x) { return x.second.shape; });
}

// The sample, and behind it the next one of the same shapes: itself, if there is no other.
Tensors with_neighbour(const std::vector<Tensors>& samples, size_t at) {
  size_t other = (at + 1) % samples.size();
  while (!same_shapes(samples[at], samples[other])) other = (other + 1) % samples.size();
  Tensors both = samples[at];
  for (auto& [name, tensor] : both) {
    const std::vector<std::byte>& more = samples[other].at(name).bytes;
    tensor.bytes.insert(tensor.bytes.end(), more.begin(), more.end());
    tensor.shape[0] *= 2;
  }
  return both;
}

// What the batch of two has for its first sample: the first half of what is twice as long as it was alone.
void keep_first_half(Tensor& tensor, const std::vector<int64_t>& alone) {
  if (tensor.shape == alone || tensor.shape.empty() || tensor.shape[0] != 2 * alone[0]) return;
  tensor.shape[0] = alone[0];
  tensor.bytes.resize(tensor.bytes.size() / 2);
}

std::string first_difference(const std::vector<LayerHashes>& expected, const std::vector<LayerHashes>& got) {
  for (size_t sample = 0; sample < expected.size(); ++sample) {
    const LayerHashes &a = expected[sample], &b = got[sample];
    for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
      if (a[i].hash != b[i].hash || a[i].name != b[i].name)
        return fmt::format("layer {} ({}) of sample {}", i, b[i].name, sample);
    }
    if (a.size() != b.size()) return fmt::format("the number of layers of sample {}", sample);
  }
  return "";
}

std::vector<std::string> supported_isas(const octavo_api& api) {
  std::vector<std::string> names;
  int32_t supported = 0;
  for (size_t i = 0; const char* name = api.isa_name(i, &supported); ++i) {
    if (supported != 0) names.emplace_back(name);
  }
  return names;
}

// One line of the report.
struct IsaRun {
  std::string isa;
  int threads;
  bool batch;
  std::vector<LayerHashes> samples;
  std::string differs;  // where, from the definition

  [[nodiscard]] size_t layer_count() const {
    size_t n = 0;
    for (const LayerHashes& sample : samples) n += sample.size();
    return n;
  }
  [[nodiscard]] std::string hash() const {
    uint64_t all = 0;
    for (const LayerHashes& sample : samples)
      for (const LayerHash& layer : sample) all = xxh64(&layer.hash, sizeof(layer.hash), all);
    return fmt::format("{:016x}", all);
  }
  [[nodiscard]] nlohmann::ordered_json json() const {
    return {{"isa", isa},     {"threads", threads}, {"batch", batch}, {"layers", layer_count()},
            {"hash", hash()}, {"differs", differs}};
  }
  [[nodiscard]] std::string text() const {
    return fmt::format("{:<10} {} thread{} {:<10}  {}  {} layers{}\n", isa, threads, threads == 1 ? " " : "s",
                       batch ? "in a batch" : "alone", hash(), layer_count(),
                       differs.empty() ? "" : ", first differs at " + differs);
  }
};

IsaRun run_samples(Library& library, const std::vector<Tensors>& samples, const std::vector<LayerHashes>& alone,
                   IsaRun run) {
  for (size_t i = 0; i < samples.size(); ++i) {
    if (run.batch) {
      run.samples.push_back(hash_layers(library, with_neighbour(samples, i), [&](size_t layer, Tensor& tensor) {
        if (layer < alone[i].size()) keep_first_half(tensor, alone[i][layer].shape);
      }));
    } else {
      run.samples.push_back(hash_layers(library, samples[i], [](size_t, const Tensor&) {}));
    }
  }
  run.differs = alone.empty() ? "" : first_difference(alone, run.samples);
  return run;
}

}  // namespace

Exit compare_isa(const std::filesystem::path& folder, const std::string& inputs, bool json) {
  const std::vector<std::string> isas = supported_isas(Library(folder, {.threads = 1, .isa = "scalar"}).api());
  std::vector<LayerHashes> definition;  // scalar, one thread, alone
  bool equal = true;
  nlohmann::ordered_json runs = nlohmann::ordered_json::array();
  for (const std::string& isa : isas) {
    for (const int threads : {1, 2}) {
      Library library(folder, {.threads = threads, .isa = isa});
      const std::vector<Tensors> samples = read_inputs(inputs, library.description());
      for (const bool batch : {false, true}) {
        if (batch && !has_batch_dim(library.description())) continue;
        const IsaRun run = run_samples(library, samples, definition, {isa, threads, batch, {}, ""});
        if (definition.empty()) definition = run.samples;
        equal = equal && run.differs.empty();
        runs.push_back(run.json());
        if (!json) std::cout << run.text();
      }
    }
  }
  if (json) std::cout << nlohmann::ordered_json{{"schema", 1}, {"equal", equal}, {"runs", runs}}.dump(1) << "\n";
  return equal ? Exit::done : Exit::check_failed;
}

}  // namespace octavo::cli
