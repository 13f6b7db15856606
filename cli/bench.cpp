// octavo bench: latency of a compiled model at given sizes, on inputs that it accepts; with --layers and --trace, where the
// time goes.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/files.h"
#include "cli/bench_inputs.h"
#include "cli/command.h"
#include "cli/layers.h"
#include "cli/library.h"
#include "cli/statistics.h"
#include "cli/step_recorder.h"
#include "cli/trace_events.h"

namespace octavo::cli {

namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

constexpr int kWarmUps = 3;
constexpr int kLeastRuns = 10, kMostRuns = 1000;  // without --runs: for a second, within these
constexpr double kSeconds = 1.0;

struct BenchOptions {
  std::string folder, dims, trace;
  int runs = 0;
  bool json = false, layers = false;
  Library::Options load;
};

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// The milliseconds of each run, ascending.
std::vector<double> measure(const std::function<void()>& call, int runs) {
  std::vector<double> times;
  const auto begin = Clock::now();
  const auto enough = [&] {
    const int done = static_cast<int>(times.size());
    if (runs > 0) return done >= runs;
    return done >= kMostRuns || (done >= kLeastRuns && ms_since(begin) >= kSeconds * 1000);
  };
  while (!enough()) {
    const auto run = Clock::now();
    call();
    times.push_back(ms_since(run));
  }
  std::sort(times.begin(), times.end());
  return times;
}

double peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void print(const std::string& dims, const Json& result) {
  const auto number = [&](const char* key) { return result[key].get<double>(); };
  std::cout << fmt::format(
      "{}, {} threads, {}: median {:.3f} ms, least {:.3f} ms of {} runs; loaded in {:.1f} ms, peak {:.0f} MB\n", dims,
      result["threads"].get<int>(), result["isa"].get<std::string>(), number("median_ms"), number("min_ms"),
      result["runs"].get<int>(), number("load_ms"), number("peak_mb"));
}

// Further runs, with a clock read before and after every step.
void measure_steps(const BenchOptions& options, Library& library, const std::function<void()>& call,
                   std::optional<base::AtomicFile>& trace, Json& result) {
  const int threads = result["threads"];
  StepRecorder recorder(library);
  const std::vector<double> times = measure(
      [&] {
        recorder.begin_run();
        call();
      },
      options.runs);
  if (trace) {
    const std::string text = trace_events(library.description(), recorder.runs(), threads);
    trace->write(text.data(), text.size());
    trace->commit();
  }
  if (!options.layers) return;
  Roofline roofline(threads, weight_bytes(recorder.runs().back()));
  const std::vector<Layer> layers = layers_of(library.description(), recorder, roofline, threads);
  result["profiled_min_ms"] = times.front();
  result["machine"] = roofline.json();
  result["layers"] = json_of(layers);
  if (!options.json)
    std::cout << fmt::format("with a clock between steps: least {:.3f} ms\n{}\n{}", times.front(), roofline.text(),
                             table_of(layers));
}

base::Exit bench(const BenchOptions& options) {
  const auto start = Clock::now();
  Library library(options.folder, options.load);
  const double load_ms = ms_since(start);
  const bool steps = options.layers || !options.trace.empty();
  if (steps) library.require_profiler();
  std::optional<base::AtomicFile> trace;  // opened before anything is measured: a bad path costs no time
  if (!options.trace.empty()) trace.emplace(options.trace);
  const auto sizes = bench_sizes(library.description(), options.dims);
  const auto call = library.repeat(bench_inputs(options.folder, library.description(), sizes));

  for (int i = 0; i < kWarmUps; ++i) call();
  const std::vector<double> times = measure(call, options.runs);
  Json result;
  result["dims"] = sizes;
  result["threads"] = library.api().model_threads(library.model());
  result["isa"] = library.api().model_isa(library.model());
  result["runs"] = times.size();
  result["min_ms"] = times.front();
  result["median_ms"] = median_of_sorted(times);
  result["load_ms"] = load_ms;
  result["peak_mb"] = peak_mb();
  if (!options.json) print(options.dims, result);
  if (steps) measure_steps(options, library, call, trace, result);
  if (options.json) std::cout << result.dump() << "\n";
  return base::Exit::done;
}

}  // namespace

void add_bench(CLI::App& app, Invocation& invocation) {
  CLI::App* sub = app.add_subcommand("bench", "Measure a compiled model's latency, and where it goes");
  sub->footer(
      "\nExamples:\n  octavo bench out --dims B=1,S=128 --threads 2 --json\n"
      "  octavo bench out --dims B=1,S=128 --layers --trace out.json");
  auto options = std::make_shared<BenchOptions>();
  sub->add_option("DIR", options->folder, "Folder of octavo build")->required();
  sub->add_option("--dims", options->dims, "Size of every named dim: B=1,S=128")->required();
  sub->add_option("--threads", options->load.threads, "0: one per CPU")->check(CLI::Range(0, 1024));
  sub->add_option("--runs", options->runs, "Timed runs (default: for a second)")->check(CLI::Range(1, 1000000));
  sub->add_option("--isa", options->load.isa, "Force an instruction set; also OCTAVO_ISA");
  sub->add_flag("--layers", options->layers, "Time each step, beside what this machine can do at most");
  sub->add_option("--trace", options->trace, "Trace of the last runs to write, for ui.perfetto.dev");
  sub->add_flag("--json", options->json, "Print one JSON object");
  sub->callback([options, &invocation] { invocation.action = [options] { return bench(*options); }; });
}

}  // namespace octavo::cli
