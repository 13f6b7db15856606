#include "codegen/graph/text.h"

#include <charconv>

namespace octavo::graph {

namespace {

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result + '"';
}

// Shortest text that reads back as the same double; always marks itself as a float (1.0, 1e-12, inf, nan).
std::string number(double value) {
  if (value != value) return "nan";
  if (value == std::numeric_limits<double>::infinity()) return "inf";
  if (value == -std::numeric_limits<double>::infinity()) return "-inf";
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  std::string text(buffer, end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

struct AttributePrinter {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(const Dim& value) const { return value.text(); }
  std::string operator()(double value) const { return number(value); }
  std::string operator()(const std::string& value) const { return quoted(value); }
  std::string operator()(const Shape& value) const { return text(value); }
};

std::string type_text(const Type& type) { return name(type.dtype) + text(type.shape); }

std::string place_text(const base::Place& where) { return where.file.empty() ? "" : " @ " + where.text(); }

}  // namespace

std::string print(const Graph& graph, const Call& call) {
  std::string names, types, operands, attributes;
  for (const ValueId id : call.results) {
    names += (names.empty() ? "%" : ", %") + graph.value_name(id);
    types += (types.empty() ? "" : ", ") + type_text(graph.type(id));
  }
  for (const ValueId id : call.operands) {
    operands += (operands.empty() ? "" : ", ") + (id == kNone ? "none" : "%" + graph.value_name(id));
  }
  for (const auto& [key, value] : call.attributes) {
    attributes += (attributes.empty() ? "" : ", ") + key + " = " + std::visit(AttributePrinter{}, value);
  }
  return names + ": " + types + " = " + call.op + "(" + operands + ")" +
         (attributes.empty() ? "" : " {" + attributes + "}") + place_text(call.where);
}

std::string print(const Graph& graph) {
  std::string dims;
  for (const std::string& dim : graph.dims) dims += (dims.empty() ? "" : ", ") + dim;
  std::string result = "graph " + graph.name + "(" + dims + ")\n";
  for (const ValueId id : graph.inputs) {
    result += "input %" + graph.value_name(id) + ": " + type_text(graph.type(id)) + "\n";
  }
  for (const Weight& weight : graph.weights) {
    std::string tensors;
    for (const std::string& tensor : weight.tensors) tensors += (tensors.empty() ? "" : " ++ ") + quoted(tensor);
    if (!weight.order.empty()) tensors += " permuted " + text(Shape(weight.order.begin(), weight.order.end()));
    result += "weight %" + graph.value_name(weight.value) + ": " + type_text(graph.type(weight.value)) + " = " +
              tensors + "\n";
  }
  for (const Requirement& requirement : graph.requirements) {
    result += "require " + requirement.dim.text() + " <= " + std::to_string(requirement.limit) + " " +
              quoted(requirement.reason) + place_text(requirement.where) + "\n";
  }
  for (const Call& call : graph.calls) result += print(graph, call) + "\n";
  for (const Output& output : graph.outputs) {
    result += "output " + quoted(output.name) + " = %" + graph.value_name(output.value) + "\n";
  }
  return result;
}

}  // namespace octavo::graph
