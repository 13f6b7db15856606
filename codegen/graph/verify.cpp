#include "codegen/graph/verify.h"

#include <algorithm>

#include "codegen/graph/text.h"

namespace octavo::graph {

namespace {

class Verifier {
 public:
  Verifier(const Graph& graph, const std::string& after)
      : graph_(graph), after_(after), defined_(graph.values.size(), false) {}

  void run() {
    for (const ValueId id : graph_.inputs) define(id, {}, "an input");
    for (const Weight& weight : graph_.weights) {
      if (weight.tensors.empty()) fail({}, "weight %" + graph_.value_name(weight.value) + " names no tensor");
      define(weight.value, {}, "a weight");
    }
    for (const Requirement& requirement : graph_.requirements) check(requirement.dim, requirement.where);
    for (const Call& call : graph_.calls) check(call);
    if (graph_.outputs.empty()) fail({}, "the graph has no output");
    for (const Output& output : graph_.outputs) {
      if (!is_defined(output.value)) fail({}, "output \"" + output.name + "\" is never computed");
    }
  }

 private:
  const Graph& graph_;
  const std::string& after_;
  std::vector<bool> defined_;

  [[noreturn]] void fail(const base::Place& where, const std::string& cause) const {
    throw base::Error(base::Exit::internal, where, "after " + after_ + ": " + cause);
  }
  [[nodiscard]] bool is_defined(ValueId id) const {
    return id >= 0 && static_cast<size_t>(id) < defined_.size() && defined_[static_cast<size_t>(id)];
  }
  void define(ValueId id, const base::Place& where, const char* what) {
    if (id < 0 || static_cast<size_t>(id) >= defined_.size()) fail(where, std::string(what) + " has no value");
    if (is_defined(id)) fail(where, "%" + graph_.value_name(id) + " is defined twice");
    defined_[static_cast<size_t>(id)] = true;
    for (const Dim& dim : graph_.type(id).shape) check(dim, where);
  }
  void check(const Dim& dim, const base::Place& where) const {
    for (const std::string& name : dim.names()) {
      if (std::find(graph_.dims.begin(), graph_.dims.end(), name) == graph_.dims.end()) {
        fail(where, "dim '" + name + "' is not one of the graph's");
      }
    }
  }
  void check(const Call& call) {
    if (call.op.empty() || call.results.empty()) fail(call.where, "a call without operator or result");
    for (const ValueId id : call.operands) {
      if (id == kNone) continue;
      if (id < 0 || static_cast<size_t>(id) >= defined_.size())
        fail(call.where, call.op + " reads a value that does not exist");
      if (!is_defined(id))
        fail(call.where, "%" + graph_.value_name(id) + " is read before it is defined: " + print(graph_, call));
    }
    for (const auto& [key, value] : call.attributes) {
      if (const Dim* dim = std::get_if<Dim>(&value)) check(*dim, call.where);
      if (const Shape* shape = std::get_if<Shape>(&value)) {
        for (const Dim& dim : *shape) check(dim, call.where);
      }
    }
    for (const ValueId id : call.results) define(id, call.where, "a result");
  }
};

}  // namespace

void verify(const Graph& graph, const std::string& after) { Verifier(graph, after).run(); }

}  // namespace octavo::graph
