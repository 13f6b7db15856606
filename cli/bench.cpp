// octavo bench: latency of a compiled model at given sizes, on inputs that it accepts.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstring>
#include <iostream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/library.h"
#include "cli/samples.h"
#include "codegen/calibrate/inputs.h"
#include "codegen/graph/text.h"

namespace octavo::cli {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kWarmUps = 3;
constexpr int kLeastRuns = 10, kMostRuns = 1000;  // without --runs: for a second, within these
constexpr double kSeconds = 1.0;

struct BenchOptions {
  std::string folder, dims;
  int runs = 0;
  bool json = false;
  Library::Options load;
};

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

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

// Indices stay inside their tables; other integers and booleans are 1 (a mask that hides nothing); floats lie in [-1, 1).
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

Tensors make_inputs(const fs::path& folder, const octavo_description& about,
                    const std::vector<calibrate::InputDecl>& declared, const graph::Dim::Sizes& sizes) {
  const auto limits = index_limits(graph::read_graph_file(folder / (std::string(about.name) + ".graph.json")).graph);
  Tensors inputs;
  for (size_t i = 0; i < declared.size(); ++i) {
    const auto limit = limits.find(declared[i].name);
    inputs[declared[i].name] = make_input(declared[i], static_cast<octavo_dtype>(about.inputs[i].dtype), sizes,
                                          limit == limits.end() ? 0 : limit->second);
  }
  return inputs;
}

base::Exit bench(const BenchOptions& options) {
  const auto start = Clock::now();
  Library library(options.folder, options.load);
  const double load_ms = ms_since(start);
  const auto declared = calibrate::parse_inputs(input_texts(library.description()));
  const auto sizes = calibrate::parse_sizes(options.dims, calibrate::dim_names(declared));
  const auto call = library.repeat(make_inputs(options.folder, library.description(), declared, sizes));

  for (int i = 0; i < kWarmUps; ++i) call();
  std::vector<double> times;
  const auto begin = Clock::now();
  const auto enough = [&] {
    const int done = static_cast<int>(times.size());
    if (options.runs > 0) return done >= options.runs;
    return done >= kMostRuns || (done >= kLeastRuns && ms_since(begin) >= kSeconds * 1000);
  };
  while (!enough()) {
    const auto run = Clock::now();
    call();
    times.push_back(ms_since(run));
  }
  std::sort(times.begin(), times.end());

  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  nlohmann::ordered_json result;
  result["dims"] = sizes;
  result["threads"] = library.api().model_threads(library.model());
  result["isa"] = library.api().model_isa(library.model());
  result["runs"] = times.size();
  result["min_ms"] = times.front();
  result["median_ms"] = (times[(times.size() - 1) / 2] + times[times.size() / 2]) / 2;
  result["load_ms"] = load_ms;
  result["peak_mb"] = static_cast<double>(usage.ru_maxrss) / 1024;
  if (options.json) {
    std::cout << result.dump() << "\n";
  } else {
    std::cout << fmt::format(
        "{}, {} threads, {}: median {:.3f} ms, least {:.3f} ms of {} runs; loaded in {:.1f} ms, peak {:.0f} MB\n",
        options.dims, result["threads"].get<int>(), result["isa"].get<std::string>(), result["median_ms"].get<double>(),
        times.front(), times.size(), load_ms, result["peak_mb"].get<double>());
  }
  return base::Exit::done;
}

}  // namespace

void add_bench(CLI::App& app, Invocation& invocation) {
  CLI::App* sub = app.add_subcommand("bench", "Measure a compiled model's latency");
  sub->footer("\nExample:\n  octavo bench out --dims B=1,S=128 --threads 2 --json");
  auto options = std::make_shared<BenchOptions>();
  sub->add_option("DIR", options->folder, "Folder of octavo build")->required();
  sub->add_option("--dims", options->dims, "Size of every named dim: B=1,S=128")->required();
  sub->add_option("--threads", options->load.threads, "0: one per CPU")->check(CLI::Range(0, 1024));
  sub->add_option("--runs", options->runs, "Timed runs (default: for a second)")->check(CLI::Range(1, 1000000));
  sub->add_option("--isa", options->load.isa, "Force an instruction set; also OCTAVO_ISA");
  sub->add_flag("--json", options->json, "Print one JSON object");
  sub->callback([options, &invocation] { invocation.action = [options] { return bench(*options); }; });
}

}  // namespace octavo::cli
