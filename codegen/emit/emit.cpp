#include "codegen/emit/emit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/files.h"
#include "codegen/emit/cpp_text.h"
#include "codegen/emit/lower.h"
#include "codegen/emit/program_text.h"
#include "codegen/emit/weights_file.h"
#include "codegen/graph/text.h"
#include "runtime/hash.h"

namespace octavo::emit {

namespace {

uint64_t hash(const std::string& text) { return xxh64(text.data(), text.size()); }

// The weights file of one build is refused by the code of another: everything that shapes either goes in.
uint64_t build_id(const std::string& graph_text, const EmitInput& input, const std::vector<Section>& sections) {
  std::string parts = fmt::format("octavo {}\n{}\n{}\n{}", OCTAVO_VERSION, input.name, input.precision, graph_text);
  for (const Section& section : sections) {
    parts += fmt::format("{} {} {:016x}\n", section.name, section.bytes.size(),
                         xxh64(section.bytes.data(), section.bytes.size()));
  }
  return hash(parts);
}

void check_name(const std::string& name) {
  const bool plain = !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-' || c == '.';
  });
  if (plain && name.front() != '.' && name.front() != '-') return;
  throw base::Error(base::Exit::refused, {}, "'" + name + "' cannot name files and a namespace",
                    "use letters, digits, _ and -");
}

// An input's dims bind the named dims: each must be a number or a name, and no name may be left unbound.
void check_interface(const graph::Graph& graph) {
  if (graph.inputs.empty() || graph.outputs.empty()) {
    throw base::Error(base::Exit::refused, {}, "a program needs inputs and outputs");
  }
  for (const graph::ValueId input : graph.inputs) {
    for (const Dim& dim : graph.type(input).shape) {
      if (dim.is_constant() || std::ranges::find(graph.dims, dim.text()) != graph.dims.end()) continue;
      throw base::Error(base::Exit::refused, {},
                        "input '" + graph.value_name(input) + "' has the size " + dim.text() + ", no number or name",
                        "give that dim a name of its own");
    }
  }
  for (const std::string& name : graph.dims) {
    const bool bound = std::ranges::any_of(graph.inputs, [&](graph::ValueId input) {
      return std::ranges::find(graph.type(input).shape, Dim::named(name)) != graph.type(input).shape.end();
    });
    if (!bound) throw base::Error(base::Exit::refused, {}, "no input has the dim '" + name + "'");
  }
}

TensorReport tensor_report(const std::string& name, const graph::Type& type) {
  TensorReport result{name, dtype_name(type.dtype), {}};
  for (const Dim& dim : type.shape) result.shape.push_back(dim.text());
  return result;
}

Report make_report(const EmitInput& input, const Lowered& lowered, const WeightStore& store) {
  Report report;
  report.precision = input.precision;
  report.dims = input.graph.dims;
  for (const graph::ValueId id : input.graph.inputs) {
    report.inputs.push_back(tensor_report(input.graph.value_name(id), input.graph.type(id)));
  }
  for (const graph::Output& output : input.graph.outputs) {
    report.outputs.push_back(tensor_report(output.name, input.graph.type(output.value)));
  }
  for (const graph::Requirement& requirement : input.graph.requirements) {
    report.requirements.push_back(requirement_text(requirement) + ": " + requirement_reason(requirement));
  }
  report.matrices = store.matrices();
  for (const Slot& slot : lowered.slots) report.slots.push_back(slot_text(slot));
  report.calls = static_cast<int>(lowered.steps.size());
  return report;
}

}  // namespace

Emitted emit(const EmitInput& input) {
  check_name(input.name);
  check_operators(input.graph);
  check_interface(input.graph);
  WeightStore store(input.graph, input.tensors);
  const Lowered lowered = lower(input.graph, store);

  const std::string graph_text = graph::print(input.graph);
  Emitted result;
  store.check_proofs();
  result.report = make_report(input, lowered, store);
  result.report.graph_hash = hash(graph_text);
  result.report.build_id = build_id(graph_text, input, store.sections());
  const ProgramText text{.input = input,
                         .lowered = lowered,
                         .sections = store.sections(),
                         .version = OCTAVO_VERSION,
                         .graph_hash = result.report.graph_hash,
                         .build_id = result.report.build_id};
  result.header = header_text(text);
  result.source = source_text(text);
  result.weights = weights_file(store.sections(), result.report.build_id);
  result.report.weights_bytes = result.weights.size();
  return result;
}

void write(const Emitted& emitted, const std::string& name, const std::filesystem::path& folder) {
  base::make_directory(folder);
  base::write_if_different(folder / (name + ".weights"), emitted.weights);
  base::write_if_different(folder / (name + ".h"), emitted.header);
  base::write_if_different(folder / (name + ".cpp"), emitted.source);
}

Emitted emit(const EmitInput& input, const std::filesystem::path& folder) {
  Emitted result = emit(input);
  write(result, input.name, folder);
  return result;
}

}  // namespace octavo::emit
