// octavo run: answers a file of inputs with a compiled model.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/library.h"
#include "cli/samples.h"

namespace octavo::cli {

namespace {
struct RunOptions {
  std::string folder, inputs, outputs;
  Library::Options load;
};

base::Exit run(const RunOptions& options) {
  Library library(options.folder, options.load);
  std::vector<Tensors> outputs;
  const auto samples = read_inputs(options.inputs, library.description());
  for (size_t i = 0; i < samples.size(); ++i) {
    try {
      outputs.push_back(library.run(samples[i]));
    } catch (base::Error& error) {
      if (samples.size() > 1) error.place = {options.inputs, static_cast<int>(i) + 1};
      throw;
    }
  }
  write_outputs(options.outputs, outputs);
  return base::Exit::done;
}
}  // namespace

void add_run(CLI::App& app, Invocation& invocation) {
  CLI::App* sub = app.add_subcommand("run", "Answer a file of inputs with a compiled model");
  sub->footer(
      "\nA .jsonl file holds one sample a line, without the batch: {\"input_ids\": [101, 102], …}. With several lines "
      "the\n"
      "outputs are named output/0, output/1, … in their order.\n"
      "Example:\n  octavo run out --inputs samples.jsonl --outputs answers.safetensors --threads 2");
  auto options = std::make_shared<RunOptions>();
  sub->add_option("DIR", options->folder, "Folder of octavo build")->required();
  sub->add_option("--inputs", options->inputs, ".safetensors or .jsonl")->required();
  sub->add_option("--outputs", options->outputs, ".safetensors to write")->required();
  sub->add_option("--threads", options->load.threads, "0: one per CPU")->check(CLI::Range(0, 1024));
  sub->add_option("--isa", options->load.isa, "Force an instruction set; also OCTAVO_ISA");
  sub->callback([options, &invocation] { invocation.action = [options] { return run(*options); }; });
}

}  // namespace octavo::cli
