// The subcommands of an observed program.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/error.h"
#include "base/files.h"
#include "codegen/calibrate/ranges.h"
#include "codegen/graph/text.h"
#include "codegen/graph/verify.h"
#include "codegen/observe/load_weights.h"
#include "codegen/observe/options.h"
#include "codegen/observe/probe.h"
#include "codegen/observe/site_watcher.h"
#include "codegen/observe/sites.h"
#include "codegen/observe/state.h"

namespace octavo::observe {

using base::Error;
using base::Exit;
using Named = std::vector<std::pair<std::string, at::Tensor>>;

namespace {

using Clock = std::chrono::steady_clock;
double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

class Command {
 public:
  Command(const Options& options, const std::function<Program()>& make)
      : options_(options), inputs_(calibrate::parse_inputs(options.all("--input"))) {
    if (options.has("--threads")) at::set_num_threads(static_cast<int>(options.integer_or("--threads", 1, 1, 1024)));
    const auto start = Clock::now();
    torch::manual_seed(0);
    program_ = construct(make);
    if (options.has("--weights")) {
      for (const std::string& note : load_weights(*program_.module, options.required("--weights"))) {
        std::fprintf(stderr, "note: weights: %s\n", note.c_str());
      }
    }
    program_.module->eval();
    name_sites(*program_.module);
    load_ms_ = milliseconds_since(start);
  }

  void run() {
    if (options_.command() == "trace") return trace();
    if (options_.command() == "calibrate") return calibrate();
    if (options_.command() == "run") return infer();
    if (options_.command() == "weights") return weights();
    bench();
  }

 private:
  const Options& options_;
  std::vector<calibrate::InputDecl> inputs_;
  Program program_;
  double load_ms_ = 0;

  static Program construct(const std::function<Program()>& make) {
    try {
      return make();
    } catch (const std::exception& error) {
      throw Error(Exit::usage, {"--module"}, "the model cannot be constructed: " + first_line(error));
    }
  }

  void trace() {
    at::set_num_threads(1);  // probes are tiny
    const std::vector<std::string>& sources = options_.all("--source");
    const Traced traced =
        observe::trace(program_, inputs_, {options_.required("--name"), options_.all("--output-name"), sources});
    graph::verify(traced.graph, "trace");
    graph::write_graph_file(options_.required("--graph"), {traced.graph, sources.empty() ? "" : sources.front()});
    base::write_safetensors(options_.required("--tensors"), to_write(traced.tensors));
    if (options_.has("--modules"))
      base::write_if_different(options_.required("--modules"), module_types_json(*program_.module));
  }

  void weights() {
    const Named state = state_of(*program_.module);
    base::write_safetensors(options_.required("--outputs"), to_write(state));
  }

  // The forward over one sample, with the sample's line in what LibTorch complains about.
  Outputs forward(const calibrate::Sample& sample, const std::string& file) {
    std::vector<at::Tensor> tensors;
    for (const calibrate::SampleTensor& input : sample.inputs) tensors.push_back(to_tensor(input));
    try {
      const torch::NoGradGuard no_grad;
      return program_.forward(tensors);
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw Error(Exit::refused, {file, sample.line}, "the forward does not take this sample: " + first_line(error));
    }
  }

  void calibrate() {
    const std::string& file = options_.required("--samples");
    const auto samples = calibrate::read_samples(file, inputs_, options_.integer_or("--limit", 0, 1, 999999999));
    set_mode(*program_.module, Mode::observe);
    for (const calibrate::Sample& sample : samples) (void)forward(sample, file);
    calibrate::Ranges ranges;
    ranges.name = options_.value_or("--name", "");
    ranges.samples = static_cast<int64_t>(samples.size());
    ranges.samples_hash = calibrate::hash_file(file);
    for_each_site(*program_.module, [&](nn::Site& site, torch::nn::Module&) {
      if (site.count == 0) return;
      if (!std::isfinite(site.low) || !std::isfinite(site.high)) {
        throw Error(Exit::refused, {file}, "the activations of site '" + site.id + "' are not finite",
                    "check the weights and the samples");
      }
      ranges.sites[site.id] = {site.low, site.high, site.count};
    });
    calibrate::write_ranges(options_.required("--ranges"), ranges);
  }

  void set_run_mode() {
    const std::string mode = options_.value_or("--mode", "off");
    if (mode != "off" && mode != "fake_quantise") {
      throw Error(Exit::usage, {}, "unknown --mode '" + mode + "'", "write off or fake_quantise");
    }
    if (mode == "off" && options_.has("--ranges")) {
      throw Error(Exit::usage, {}, "--ranges has no effect with --mode off", "add --mode fake_quantise");
    }
    set_mode(*program_.module, mode == "off" ? Mode::off : Mode::fake_quantise);
    if (!options_.has("--ranges")) return;
    const calibrate::Ranges ranges = calibrate::read_ranges(options_.required("--ranges"));
    for_each_site(*program_.module, [&](nn::Site& site, torch::nn::Module&) {
      const auto found = ranges.sites.find(site.id);
      if (found != ranges.sites.end()) site.absmax = found->second.absmax();
    });
  }

  // Named by output; `name/0`, `name/1`, … where the file holds several samples. A site that runs again in one forward
  // (shared layers) is `site/<id>#2`.
  void infer() {
    const std::string& file = options_.required("--inputs");
    const auto samples = calibrate::read_samples(file, inputs_);
    set_run_mode();
    Named results;
    for (size_t i = 0; i < samples.size(); ++i) {
      const std::string suffix = samples.size() == 1 ? "" : "/" + std::to_string(i);
      Named sites;
      std::optional<SiteWatcher> watcher;
      if (options_.has("--sites")) {
        watcher.emplace(*program_.module, [&](const std::string& site, const at::Tensor& result) {
          const std::string name = "site/" + site;
          const auto times = 1 + std::count_if(sites.begin(), sites.end(), [&](const auto& other) {
                               return other.first == name || other.first.starts_with(name + "#");
                             });
          sites.emplace_back(times == 1 ? name : name + "#" + std::to_string(times), result.detach().clone());
        });
      }
      const Outputs outputs = forward(samples[i], file);
      watcher.reset();
      const std::vector<std::string> names = output_names(outputs, options_.all("--output-name"));
      for (size_t k = 0; k < names.size(); ++k) {
        results.emplace_back(names[k] + suffix, outputs.tensors[k].detach().contiguous());
      }
      for (const auto& [name, tensor] : sites) results.emplace_back(name + suffix, tensor.contiguous());
    }
    base::write_safetensors(options_.required("--outputs"), to_write(results));
  }

  void bench() {
    const auto sizes = calibrate::parse_sizes(options_.value_or("--dims", ""), calibrate::dim_names(inputs_));
    const int64_t runs = options_.integer_or("--runs", 30, 1, 1000000);
    const std::vector<at::Tensor> tensors = plain_inputs(inputs_, sizes);
    const c10::InferenceMode inference;
    std::vector<double> times;
    for (int64_t i = 0; i < runs + std::min<int64_t>(runs, 3); ++i) {
      const auto start = Clock::now();
      try {
        (void)program_.forward(tensors);
      } catch (const c10::Error& error) {
        throw Error(Exit::usage, {}, "the forward does not take these sizes: " + first_line(error),
                    "choose other --dims");
      }
      times.push_back(milliseconds_since(start));
    }
    times.erase(times.begin(), times.end() - runs);  // the first ones warm up
    std::sort(times.begin(), times.end());
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::string dims;
    for (const auto& [name, size] : sizes)
      dims += (dims.empty() ? "" : ", ") + ("\"" + name + "\": ") + std::to_string(size);
    std::printf(
        "{\"dims\": {%s}, \"threads\": %d, \"runs\": %ld, \"min_ms\": %.4f, \"median_ms\": %.4f, \"load_ms\": %.1f, "
        "\"peak_mb\": %.1f}\n",
        dims.c_str(), at::get_num_threads(), static_cast<long>(runs), times.front(), times[times.size() / 2], load_ms_,
        static_cast<double>(usage.ru_maxrss) / 1024);
  }
};

int report(const Error& error) {
  std::fprintf(stderr, "%s\n", error.text().c_str());
  return static_cast<int>(error.exit);
}

}  // namespace

int main(int argc, char** argv, const std::function<Program()>& make) {
  if (argc > 1 && (std::string(argv[1]) == "--help" || std::string(argv[1]) == "-h")) {
    std::fputs(Options::usage().c_str(), stdout);
    return 0;
  }
  try {
    const Options options(argc, argv);
    Command(options, make).run();
    return 0;
  } catch (const Error& error) {
    return report(error);
  } catch (const std::exception& error) {
    return report(Error(Exit::internal, {}, first_line(error)));
  }
}

}  // namespace octavo::observe
