#include <fmt/format.h>

#include <filesystem>

#include "codegen/emit/cpp_text.h"
#include "codegen/emit/functions.h"
#include "codegen/emit/program_text.h"
#include "codegen/emit/templates.h"

namespace octavo::emit {

namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

std::string sections_table(const std::vector<Section>& sections) {
  if (sections.empty()) return "// This program has no weights.";
  std::vector<std::string> lines = {"constexpr SectionSpec kSections[] = {"};
  const size_t width = std::to_string(sections.size() - 1).size();
  for (size_t i = 0; i < sections.size(); ++i) {
    const std::string index = fmt::format("/* {:>{}} */", i, width);
    const std::string matrix = sections[i].n > 0 ? fmt::format(", {}, {}", sections[i].n, sections[i].k) : "";
    lines.push_back(
        fmt::format("    {} {{{}, {}{}}},", index, string_literal(sections[i].name), sections[i].bytes.size(), matrix));
  }
  lines.emplace_back("};");
  return joined(lines);
}

std::string slots_table(const std::vector<Slot>& slots) {
  if (slots.empty()) return "      0,  // nothing outlives a call";
  std::vector<std::string> lines;
  for (size_t i = 0; i < slots.size(); ++i) lines.push_back(fmt::format("      {},  // {}", slot_text(slots[i]), i));
  align_comments(lines);
  return joined(lines);
}

// Sizes of scratch are C++ text: their dims are found by name.
std::vector<Dim> dims_of_slots(const graph::Graph& graph, const std::vector<Slot>& slots) {
  std::vector<Dim> used;
  for (const Slot& slot : slots) {
    used.insert(used.end(), slot.bytes.begin(), slot.bytes.end());
    for (const std::string& dim : graph.dims) {
      for (const std::string& bytes : slot.runtime_bytes) {
        if (mentions(bytes, identifier(dim))) used.push_back(Dim::named(dim));
      }
    }
  }
  return used;
}

std::string functions_text(const std::vector<Function>& all) {
  std::string text;
  for (const Function& function : all) {
    text += (text.empty() ? "" : "\n\n") + fmt::format("// {}\nvoid {}(const Run& run) {{\n{}\n}}", function.title,
                                                       function.name, joined(function.lines));
  }
  return text;
}

// The typed call: checks the sizes of the caller's buffers and hands them to the generic session.
std::string typed_run(const graph::Graph& graph) {
  std::vector<std::string> dims, lines, inputs, outputs;
  for (const std::string& dim : graph.dims) dims.push_back(identifier(dim) + " = inputs." + identifier(dim));
  if (!dims.empty()) {
    for (std::string& line : wrapped("[[maybe_unused]] const int64_t ", dims, ";", 2)) lines.push_back(std::move(line));
  }
  const auto check = [&](const std::string& name, const std::string& field, const Shape& shape) {
    for (std::string& line : wrapped("check_elements(",
                                     {string_literal(name), string_literal(graph::text(shape)), field + ".size()",
                                      expression(graph::product(shape))},
                                     ");", 2)) {
      lines.push_back(std::move(line));
    }
  };
  const std::vector<std::string> in = input_fields(graph), out = output_fields(graph);
  for (size_t i = 0; i < in.size(); ++i) {
    const graph::Type& type = graph.type(graph.inputs[i]);
    check(graph.value_name(graph.inputs[i]), "inputs." + in[i], type.shape);
    const std::string shape = type.shape.empty() ? "nullptr" : fmt::format("input_shape_{}", i);
    inputs.push_back(fmt::format("      {{octavo::{}, {}, {}, inputs.{}.data()}},", runtime_dtype(type.dtype, {}),
                                 type.shape.size(), shape, in[i]));
  }
  for (size_t i = 0; i < out.size(); ++i) {
    const graph::Type& type = graph.type(graph.outputs[i].value);
    check(graph.outputs[i].name, "outputs." + out[i], type.shape);
    outputs.push_back(fmt::format("      {{octavo::{}, outputs.{}.data(), outputs.{}.size_bytes()}},",
                                  runtime_dtype(type.dtype, {}), out[i], out[i]));
  }
  for (size_t i = 0; i < in.size(); ++i) {
    const Shape& shape = graph.type(graph.inputs[i]).shape;
    if (!shape.empty()) lines.push_back(fmt::format("  const int64_t input_shape_{}[] = {};", i, list(shape)));
  }
  lines.emplace_back("  const octavo::Input given[] = {");
  lines.insert(lines.end(), inputs.begin(), inputs.end());
  lines.emplace_back("  };");
  lines.emplace_back("  const octavo::Output wanted[] = {");
  lines.insert(lines.end(), outputs.begin(), outputs.end());
  lines.emplace_back("  };");
  lines.emplace_back("  session_.run(given, wanted);");
  return joined(lines);
}

std::string includes_text(const std::set<std::string>& headers) {
  std::vector<std::string> lines;
  for (const std::string& header : headers) lines.push_back("#include \"" + header + "\"");
  return joined(lines);
}

}  // namespace

std::string source_text(const ProgramText& text) {
  const graph::Graph& graph = text.input.graph;
  const Lowered& lowered = text.lowered;
  const std::vector<Function> all = functions(lowered.steps, lowered.buffers, graph.dims);
  std::string calls, dims, run_dims, run_init;
  for (const Function& function : all) calls += (calls.empty() ? "  " : "\n  ") + function.name + "(run);";
  for (size_t i = 0; i < graph.dims.size(); ++i) {
    const std::string name = identifier(graph.dims[i]);
    dims += (dims.empty() ? "" : ", ") + graph.dims[i];
    run_dims += (run_dims.empty() ? "  int64_t " : ", ") + name;
    run_init += fmt::format(", {}(of.dims[{}])", name, i);
  }
  if (!run_dims.empty()) run_dims += ";\n";
  const auto span = [](bool any, const char* table) { return any ? std::string(table) : std::string("{}"); };
  return fill(kSourceTemplate, {{"VERSION", text.version},
                                {"SOURCE", std::filesystem::path(text.input.source).filename().string()},
                                {"NAME", text.input.name},
                                {"NAME_LITERAL", string_literal(text.input.name)},
                                {"IDENTIFIER", identifier(text.input.name)},
                                {"GRAPH_HASH", fmt::format("{:016x}", text.graph_hash)},
                                {"BUILD_ID", fmt::format("{:016x}", text.build_id)},
                                {"PRECISION", text.input.precision},
                                {"DIMS", dims.empty() ? "none" : dims},
                                {"INCLUDES", includes_text(lowered.includes)},
                                {"SECTIONS", sections_table(text.sections)},
                                {"SLOT_COUNT", std::to_string(std::max<size_t>(lowered.slots.size(), 1))},
                                {"DIMS_PARAMETER", "[[maybe_unused]] const int64_t* dims"},
                                {"DIMS_OF_SLOTS", dims_declaration(graph, dims_of_slots(graph, lowered.slots), 2)},
                                {"SLOTS", slots_table(lowered.slots)},
                                {"RUN_DIMS", run_dims},
                                {"RUN_INIT", run_init},
                                {"FUNCTIONS", functions_text(all)},
                                {"CALLS", calls},
                                {"DESCRIPTION", description_text(graph, lowered.steps)},
                                {"DIMS_SPAN", span(!graph.dims.empty(), "kDims")},
                                {"INPUTS_SPAN", "kInputs"},
                                {"OUTPUTS_SPAN", "kOutputs"},
                                {"REQUIREMENTS_SPAN", span(!graph.requirements.empty(), "kRequirements")},
                                {"SECTIONS_SPAN", span(!text.sections.empty(), "kSections")},
                                {"STEPS_SPAN", span(!lowered.steps.empty(), "kSteps")},
                                {"TYPED_RUN", typed_run(graph)}});
}

}  // namespace octavo::emit
