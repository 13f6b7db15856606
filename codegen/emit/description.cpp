#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "codegen/emit/cpp_text.h"
#include "codegen/emit/program_text.h"
#include "codegen/emit/site.h"

namespace octavo::emit {

namespace {

std::string dim_spec(const graph::Graph& graph, const Dim& dim) {
  if (const auto size = dim.constant()) return "{.size = " + std::to_string(*size) + "}";
  const auto found = std::ranges::find(graph.dims, dim.text());
  return "{.name = " + std::to_string(found - graph.dims.begin()) + "}";
}

std::string inputs_table(const graph::Graph& graph) {
  std::string shapes, rows;
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    const graph::Type& type = graph.type(graph.inputs[i]);
    const std::string name = "kInput" + std::to_string(i);
    std::string specs;
    for (const Dim& dim : type.shape) specs += (specs.empty() ? "" : ", ") + dim_spec(graph, dim);
    if (!type.shape.empty()) shapes += "constexpr DimSpec " + name + "[] = {" + specs + "};\n";
    rows += "    {" + string_literal(graph.value_name(graph.inputs[i])) + ", " + runtime_dtype(type.dtype, {}) + ", " +
            (type.shape.empty() ? "{}" : name) + "},  // " + graph::text(type.shape) + "\n";
  }
  return shapes + "constexpr InputSpec kInputs[] = {\n" + rows + "};\n";
}

std::string shape_function(const graph::Graph& graph, const Shape& shape) {
  const std::string dims = dims_declaration(graph, shape, 7);
  std::string result = std::string("     [](const int64_t*") + (dims.empty() ? "" : " dims") + ", int64_t*" +
                       (shape.empty() ? "" : " shape") + ") {\n" + dims;
  for (size_t i = 0; i < shape.size(); ++i) {
    result += "       shape[" + std::to_string(i) + "] = " + expression(shape[i]) + ";\n";
  }
  return result + "     }}";
}

std::string outputs_table(const graph::Graph& graph) {
  std::string rows;
  for (const graph::Output& output : graph.outputs) {
    const graph::Type& type = graph.type(output.value);
    const std::string shape = graph::text(type.shape);
    rows += "    {" + string_literal(output.name) + ", " + runtime_dtype(type.dtype, {}) + ", " +
            std::to_string(type.shape.size()) + ", " + string_literal(shape.substr(1, shape.size() - 2)) + ",\n" +
            shape_function(graph, type.shape) + ",\n";
  }
  return "constexpr OutputSpec kOutputs[] = {\n" + rows + "};\n";
}

std::string requirements_table(const graph::Graph& graph) {
  if (graph.requirements.empty()) return {};
  std::string rows;
  for (const graph::Requirement& requirement : graph.requirements) {
    const std::string dims = dims_declaration(graph, {requirement.dim}, 7);
    rows += "    {" + string_literal(requirement_text(requirement)) + ", " +
            string_literal(requirement_reason(requirement)) + ",\n     [](const int64_t*" +
            (dims.empty() ? "" : " dims") + ") {\n" + dims + "       return " + expression(requirement.dim) +
            " <= " + std::to_string(requirement.limit) + ";\n     }},\n";
  }
  return "\nconstexpr Requirement kRequirements[] = {\n" + rows + "};\n";
}

std::string steps_table(const std::vector<Step>& steps) {
  if (steps.empty()) return {};
  std::string rows;
  const size_t width = std::to_string(steps.size() - 1).size();
  for (size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    rows += fmt::format("    /* {:>{}} */ {{{}, {}, {}}},\n", i, width, string_literal(step.place),
                        string_literal(step.path.empty() ? "" : braced(split_sites(step.path))),
                        string_literal(step.function));
  }
  return "\n// For who profiles: the calls of kernels in their order.\nconstexpr StepSpec kSteps[] = {\n" + rows +
         "};\n";
}

std::string unlike(const std::string& stem, std::set<std::string>& taken) {
  std::string name = stem;
  while (!taken.insert(name).second) name += "_";
  return name;
}

std::set<std::string> dim_identifiers(const graph::Graph& graph) {
  std::set<std::string> taken;
  for (const std::string& dim : graph.dims) taken.insert(identifier(dim));
  return taken;
}

}  // namespace

std::string description_text(const graph::Graph& graph, const std::vector<Step>& steps) {
  std::string dims;
  for (const std::string& dim : graph.dims) dims += (dims.empty() ? "" : ", ") + string_literal(dim);
  const std::string table = graph.dims.empty() ? "" : "constexpr const char* kDims[] = {" + dims + "};\n\n";
  std::string text =
      table + inputs_table(graph) + "\n" + outputs_table(graph) + requirements_table(graph) + steps_table(steps);
  text.pop_back();  // the template ends the line
  return text;
}

std::string requirement_text(const graph::Requirement& requirement) {
  // -S <= -2 reads S >= 2.
  if (requirement.limit < 0) return (Dim(0) - requirement.dim).text() + " >= " + std::to_string(-requirement.limit);
  return requirement.dim.text() + " <= " + std::to_string(requirement.limit);
}

std::string requirement_reason(const graph::Requirement& requirement) {
  const std::string place = place_text(requirement.where);
  if (requirement.reason.empty() || place.empty()) return requirement.reason + place;
  return requirement.reason + " (" + place + ")";
}

std::string slot_text(const Slot& slot) {
  std::vector<std::string> sizes;
  for (const Dim& bytes : slot.bytes) sizes.push_back(expression(bytes));
  sizes.insert(sizes.end(), slot.runtime_bytes.begin(), slot.runtime_bytes.end());
  if (sizes.size() == 1) return sizes[0];
  std::string text;
  for (const std::string& size : sizes) text += (text.empty() ? "" : ", ") + size;
  return "std::max<int64_t>({" + text + "})";
}

std::string dtype_name(graph::DType dtype) {
  switch (dtype) {
    case graph::DType::f32:
      return "float32";
    case graph::DType::i64:
      return "int64";
    case graph::DType::i32:
      return "int32";
    case graph::DType::u8:
      return "uint8";
    case graph::DType::s8:
      return "int8";
    default:
      return graph::name(dtype);
  }
}

std::vector<std::string> input_fields(const graph::Graph& graph) {
  std::set<std::string> taken = dim_identifiers(graph);
  std::vector<std::string> names;
  for (const graph::ValueId id : graph.inputs) names.push_back(unlike(identifier(graph.value_name(id)), taken));
  return names;
}

std::vector<std::string> output_fields(const graph::Graph& graph) {
  std::set<std::string> taken;
  std::vector<std::string> names;
  for (const graph::Output& output : graph.outputs) names.push_back(unlike(identifier(output.name), taken));
  return names;
}

std::string dims_declaration(const graph::Graph& graph, const std::vector<Dim>& used, int indent) {
  std::vector<std::string> items;
  for (size_t i = 0; i < graph.dims.size(); ++i) {
    const bool mentioned = std::ranges::any_of(used, [&](const Dim& dim) {
      const std::vector<std::string> names = dim.names();
      return std::ranges::find(names, graph.dims[i]) != names.end();
    });
    if (mentioned) items.push_back(identifier(graph.dims[i]) + " = dims[" + std::to_string(i) + "]");
  }
  std::string text;
  if (items.empty()) return text;
  for (const std::string& line : wrapped("const int64_t ", items, ";", indent)) text += line + "\n";
  return text;
}

}  // namespace octavo::emit
