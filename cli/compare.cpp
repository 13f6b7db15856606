// octavo compare: how near a compiled model's answers are to a reference's, per output and per layer; and whether they are
// the same bits on every instruction set and thread count.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/safetensors.h"
#include "cli/build.h"
#include "cli/command.h"
#include "cli/compare_isa.h"
#include "cli/compare_layers.h"
#include "cli/compare_metrics.h"
#include "cli/library.h"
#include "cli/manifest.h"
#include "cli/samples.h"

namespace octavo::cli {

namespace fs = std::filesystem;
using base::Error;
using base::Exit;

namespace {

struct CompareOptions {
  std::string folder, reference, inputs;
  double min_cosine = -2;  // below every cosine: no check
  bool isa = false, json = false;
  Library::Options load;
};

// One answer: the outputs, and what each layer gave, by site.
struct Answer {
  Tensors outputs;
  LayerValues layers;
};

std::vector<Answer> compiled_answers(const fs::path& folder, const Library::Options& load, const std::string& inputs) {
  Library library(folder, load);
  std::vector<Answer> answers;
  for (const Tensors& sample : read_inputs(inputs, library.description())) {
    Answer& answer = answers.emplace_back();
    std::map<std::string, int> times;
    library.observe([&](const octavo_observation& seen) {
      if (!comparable(seen)) return;
      const int time = ++times[seen.site];  // a shared layer runs more than once
      answer.layers[time == 1 ? seen.site : fmt::format("{}#{}", seen.site, time)] = layer_value(seen);
    });
    answer.outputs = library.run(sample);
  }
  return answers;
}

Tensor stored(const base::Safetensors& file, const std::string& name) {
  const base::TensorInfo& info = file.tensors().at(name);
  const auto bytes = file.bytes(name);
  return {dtype_from_safetensors(info.dtype), info.shape, {bytes.begin(), bytes.end()}};
}

// Runs DIR/NAME.observed, which holds the original model under LibTorch.
std::vector<Answer> observed_answers(const fs::path& folder, const std::string& inputs, size_t samples) {
  const Manifest manifest = Manifest::read(folder);
  const fs::path answers = fs::temp_directory_path() / fmt::format("octavo-compare-{}.safetensors", getpid());
  std::vector<std::string> command = {(folder / (manifest.name + ".observed")).string(),
                                      "run",
                                      "--sites",
                                      "--inputs",
                                      inputs,
                                      "--outputs",
                                      answers.string()};
  for (const std::string& input : manifest.inputs) command.insert(command.end(), {"--input", input});
  for (const std::string& name : manifest.output_names) command.insert(command.end(), {"--output-name", name});
  command.insert(command.end(), {"--weights", manifest.weights});
  run_observed(command);

  const base::Safetensors file = base::Safetensors::open(answers);
  fs::remove(answers);  // the mapping keeps it
  std::vector<Answer> result(samples);
  for (size_t i = 0; i < samples; ++i) {
    for (const auto& [full, info] : file.tensors()) {
      const std::string suffix = sample_name("", i, samples);
      if (!full.ends_with(suffix)) continue;
      const std::string name = full.substr(0, full.size() - suffix.size());
      if (name.starts_with("site/")) {
        result[i].layers[name.substr(5)] = {stored(file, full), ""};
      } else {
        result[i].outputs[name] = stored(file, full);
      }
    }
  }
  return result;
}

using Scores = std::map<std::string, Closeness>;

void add(Scores& scores, const Tensors& reference, const Tensors& candidate) {
  for (const auto& [name, tensor] : candidate) {
    const auto other = reference.find(name);
    if (other == reference.end()) continue;
    scores[name].add(other->second.floats(), tensor.floats(), tensor.shape.empty() ? 1 : tensor.shape.back());
  }
}

nlohmann::ordered_json json_of(const Scores& scores) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const auto& [name, score] : scores) {
    const double sqnr = score.sqnr_db();
    list.push_back({{"name", name},
                    {"cosine_mean", score.cosine_mean()},
                    {"cosine_min", score.cosine_min()},
                    {"sqnr_db", std::isinf(sqnr) ? nlohmann::ordered_json() : nlohmann::ordered_json(sqnr)},
                    {"agreement", score.agreement()},
                    {"max_error", score.max_error()}});
  }
  return list;
}

void print(const std::string& title, const Scores& scores) {
  if (scores.empty()) return;
  std::cout << fmt::format("{:<52} {:>9} {:>9} {:>8} {:>9} {:>10}\n", title, "cos mean", "cos min", "SQNR dB",
                           "agreement", "max error");
  for (const auto& [name, score] : scores) {
    std::cout << fmt::format("{:<52} {:9.6f} {:9.6f} {:8.1f} {:8.1f}% {:10.3g}\n", name, score.cosine_mean(),
                             score.cosine_min(), score.sqnr_db(), 100 * score.agreement(), score.max_error());
  }
}

Exit compare(const CompareOptions& options) {
  if (options.isa) return compare_isa(options.folder, options.inputs, options.json);
  if (options.reference.empty())
    throw Error(Exit::usage, {}, "--reference is missing", "--reference observed, or another folder of octavo build");
  const auto candidate = compiled_answers(options.folder, options.load, options.inputs);
  const auto reference = options.reference == "observed"
                             ? observed_answers(options.folder, options.inputs, candidate.size())
                             : compiled_answers(options.reference, options.load, options.inputs);
  Scores outputs, layers;
  for (size_t i = 0; i < candidate.size(); ++i) {
    for (const auto& [name, tensor] : candidate[i].outputs) {
      const auto other = reference.at(i).outputs.find(name);
      if (other == reference[i].outputs.end()) throw Error(Exit::refused, {}, "the reference has no output " + name);
      if (other->second.shape != tensor.shape)
        throw Error(Exit::refused, {}, "output " + name + " has another shape in the reference");
    }
    add(outputs, reference[i].outputs, candidate[i].outputs);
    Tensors layers_before, layers_now;
    align(reference[i].layers, candidate[i].layers, layers_before, layers_now);
    add(layers, layers_before, layers_now);
  }
  bool near = true;
  for (const auto& [name, score] : outputs) near = near && score.cosine_min() >= options.min_cosine;
  if (options.json) {
    std::cout << nlohmann::ordered_json{{"schema", 1},
                                        {"samples", candidate.size()},
                                        {"ok", near},
                                        {"outputs", json_of(outputs)},
                                        {"layers", json_of(layers)}}
                     .dump(1)
              << "\n";
  } else {
    print("output", outputs);
    print("layer", layers);
    if (!near) std::cout << fmt::format("some vector's cosine is below {}\n", options.min_cosine);
  }
  return near ? Exit::done : Exit::check_failed;
}

}  // namespace

void add_compare(CLI::App& app, Invocation& invocation) {
  CLI::App* sub = app.add_subcommand("compare", "How near a compiled model's answers are to a reference's");
  sub->footer(
      "\nVectors run along the last dim: cosine of each (mean, least), signal to quantisation noise over all "
      "elements,\n"
      "and how often the largest element is the same.\n"
      "Examples:\n"
      "  octavo compare out --reference observed --inputs samples.jsonl --min-cosine 0.98\n"
      "  octavo compare out-int8 --reference out-fp32 --inputs samples.jsonl --json\n"
      "  octavo compare out --isa --inputs samples.jsonl     the same bits on every instruction set and thread count");
  auto options = std::make_shared<CompareOptions>();
  sub->add_option("DIR", options->folder, "Folder of octavo build")->required();
  auto* reference =
      sub->add_option("--reference", options->reference, "Another folder, or `observed`: the original under LibTorch");
  sub->add_option("--inputs", options->inputs, ".safetensors or .jsonl")->required();
  sub->add_option("--min-cosine", options->min_cosine, "Exit with 1 when a vector of an output is below")
      ->check(CLI::Range(-1.0, 1.0));
  sub->add_flag("--isa", options->isa,
                "Hash every layer on each instruction set with 1 and 2 threads; exit with 1 when any differ")
      ->excludes(reference);
  sub->add_option("--threads", options->load.threads, "0: one per CPU")->check(CLI::Range(0, 1024));
  sub->add_flag("--json", options->json, "Print one JSON object");
  sub->callback([options, &invocation] { invocation.action = [options] { return compare(*options); }; });
}

}  // namespace octavo::cli
