#include <filesystem>

#include "codegen/emit/cpp_text.h"
#include "codegen/emit/program_text.h"
#include "codegen/emit/templates.h"

namespace octavo::emit {

namespace {

std::string padded(const std::string& text, size_t width) {
  return text.size() < width ? text + std::string(width - text.size(), ' ') : text;
}

struct Field {
  std::string declaration, shape;
};

std::string fields_text(const std::vector<Field>& fields) {
  size_t width = 0;
  for (const Field& field : fields) width = std::max(width, field.declaration.size());
  std::string text;
  for (const Field& field : fields) {
    text += (text.empty() ? "  " : "\n  ") +
            (field.shape.empty() ? field.declaration : padded(field.declaration, width) + "  // " + field.shape);
  }
  return text;
}

std::string span(const std::string& qualifier, graph::DType dtype) {
  return "std::span<" + qualifier + cpp_type(dtype, {}) + "> ";
}

std::string inputs_struct(const graph::Graph& graph) {
  std::vector<Field> fields;
  for (const std::string& dim : graph.dims) fields.push_back({"int64_t " + identifier(dim) + ";", ""});
  const std::vector<std::string> names = input_fields(graph);
  for (size_t i = 0; i < names.size(); ++i) {
    const graph::Type& type = graph.type(graph.inputs[i]);
    fields.push_back({span("const ", type.dtype) + names[i] + ";", graph::text(type.shape)});
  }
  return fields_text(fields);
}

std::string outputs_struct(const graph::Graph& graph) {
  std::vector<Field> fields;
  const std::vector<std::string> names = output_fields(graph);
  for (size_t i = 0; i < names.size(); ++i) {
    const graph::Type& type = graph.type(graph.outputs[i].value);
    fields.push_back({span("", type.dtype) + names[i] + ";", graph::text(type.shape)});
  }
  return fields_text(fields);
}

// Elements of each output, so that a caller can size its buffer.
std::string output_sizes(const graph::Graph& graph) {
  std::string parameters, text = "// How many elements an output has.\n";
  for (const std::string& dim : graph.dims) {
    parameters += (parameters.empty() ? "" : ", ") + std::string("[[maybe_unused]] int64_t ") + identifier(dim);
  }
  const std::vector<std::string> names = output_fields(graph);
  for (size_t i = 0; i < names.size(); ++i) {
    text += (i == 0 ? "" : "\n") + std::string("constexpr int64_t ") + names[i] + "_elements(" + parameters +
            ") { return " + expression(graph::product(graph.type(graph.outputs[i].value).shape)) + "; }";
  }
  return text;
}

// The three lines that use the model, as a comment.
std::string usage(const ProgramText& program) {
  const graph::Graph& graph = program.input.graph;
  const std::string space = identifier(program.input.name);
  std::vector<std::string> example = {space + "::Model model(" + string_literal(program.input.name + ".weights") +
                                          ");  // load once, share between threads",
                                      space + "::Session session(model);  // one for each caller at a time"};
  align_comments(example);
  std::vector<std::string> arguments;
  for (const std::string& dim : graph.dims) arguments.push_back("." + identifier(dim) + " = " + identifier(dim));
  for (const std::string& name : input_fields(graph)) arguments.push_back("." + name + " = " + name);
  arguments.front() = "{" + arguments.front();
  arguments.back() += "}";
  const std::vector<std::string> outputs = output_fields(graph);
  for (size_t i = 0; i < outputs.size(); ++i) {
    arguments.push_back((i == 0 ? "{." : ".") + outputs[i] + " = " + outputs[i] + (i + 1 == outputs.size() ? "}" : ""));
  }
  for (std::string& line : wrapped("session.run(", arguments, ");", 0)) example.push_back(std::move(line));
  std::string text;
  for (const std::string& line : example) text += (text.empty() ? "//   " : "\n//   ") + line;
  return text;
}

}  // namespace

std::string header_text(const ProgramText& text) {
  const graph::Graph& graph = text.input.graph;
  std::string requirements;
  for (const graph::Requirement& requirement : graph.requirements) {
    requirements += "\n// Holds for " + requirement_text(requirement) + ": " + requirement_reason(requirement) + ".";
  }
  return fill(kHeaderTemplate, {{"VERSION", text.version},
                                {"SOURCE", std::filesystem::path(text.input.source).filename().string()},
                                {"NAME", text.input.name},
                                {"IDENTIFIER", identifier(text.input.name)},
                                {"USAGE", usage(text)},
                                {"REQUIREMENTS", requirements},
                                {"INPUTS", inputs_struct(graph)},
                                {"OUTPUTS", outputs_struct(graph)},
                                {"OUTPUT_SIZES", output_sizes(graph)}});
}

}  // namespace octavo::emit
