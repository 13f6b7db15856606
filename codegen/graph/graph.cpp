#include "codegen/graph/graph.h"

#include <algorithm>
#include <array>
#include <set>

namespace octavo::graph {

namespace {

struct DTypeRow {
  DType dtype;
  const char* name;
  int64_t bytes;
};
constexpr std::array<DTypeRow, 9> kDTypes = {{{DType::f32, "f32", 4},
                                              {DType::f16, "f16", 2},
                                              {DType::bf16, "bf16", 2},
                                              {DType::f64, "f64", 8},
                                              {DType::i64, "i64", 8},
                                              {DType::i32, "i32", 4},
                                              {DType::u8, "u8", 1},
                                              {DType::s8, "s8", 1},
                                              {DType::boolean, "bool", 1}}};

template <typename T>
const T& typed(const Call& call, const std::string& key, const char* expected) {
  const auto found = call.attributes.find(key);
  if (found != call.attributes.end()) {
    if (const T* value = std::get_if<T>(&found->second)) return *value;
  }
  throw base::Error(
      base::Exit::refused, call.where,
      call.op + (found == call.attributes.end() ? " lacks its argument '" : " has an argument of another type: '") +
          key + "' should be " + expected);
}

}  // namespace

const char* name(DType dtype) {
  for (const DTypeRow& row : kDTypes) {
    if (row.dtype == dtype) return row.name;
  }
  return "?";
}

DType dtype_from_name(std::string_view name) {
  for (const DTypeRow& row : kDTypes) {
    if (row.name == name) return row.dtype;
  }
  throw base::Error(base::Exit::refused, {}, "unknown dtype '" + std::string(name) + "'",
                    "use f32, i64, i32, bool, f16 or bf16");
}

int64_t size_of(DType dtype) {
  for (const DTypeRow& row : kDTypes) {
    if (row.dtype == dtype) return row.bytes;
  }
  return 0;
}

int64_t Call::integer(const std::string& key) const {
  const auto value = dim(key).constant();
  if (!value)
    throw base::Error(base::Exit::refused, where, op + ": '" + key + "' must be a constant, it is " + dim(key).text());
  return *value;
}

double Call::number(const std::string& key) const {
  if (const auto found = attributes.find(key); found != attributes.end()) {
    if (std::holds_alternative<Dim>(found->second)) return static_cast<double>(integer(key));
    if (const bool* flag = std::get_if<bool>(&found->second)) return *flag ? 1 : 0;
  }
  return typed<double>(*this, key, "a number");
}

const std::string& Call::string(const std::string& key) const { return typed<std::string>(*this, key, "a string"); }
const Dim& Call::dim(const std::string& key) const { return typed<Dim>(*this, key, "a size"); }
const Shape& Call::shape(const std::string& key) const { return typed<Shape>(*this, key, "a list of sizes"); }
bool Call::boolean(const std::string& key) const { return typed<bool>(*this, key, "true or false"); }

std::string Call::string_or(const std::string& key, std::string otherwise) const {
  return has(key) ? string(key) : std::move(otherwise);
}

ValueId Graph::add_value(Type type, std::string name) {
  const auto taken = [&](const std::string& candidate) {
    return std::any_of(values.begin(), values.end(), [&](const Value& value) { return value.name == candidate; });
  };
  if (name.empty() || taken(name)) {
    size_t number = values.size();
    name = std::to_string(number);
    while (taken(name)) name = std::to_string(++number);
  }
  values.push_back({std::move(name), std::move(type)});
  return static_cast<ValueId>(values.size() - 1);
}

const Weight* Graph::weight_of(ValueId id) const {
  for (const Weight& weight : weights) {
    if (weight.value == id) return &weight;
  }
  return nullptr;
}

Uses::Uses(const Graph& graph)
    : producer(graph.values.size(), -1), consumers(graph.values.size()), is_output(graph.values.size(), false) {
  for (size_t i = 0; i < graph.calls.size(); ++i) {
    for (const ValueId result : graph.calls[i].results) producer[static_cast<size_t>(result)] = static_cast<int>(i);
    for (const ValueId operand : graph.calls[i].operands) {
      if (operand == kNone) continue;
      auto& readers = consumers[static_cast<size_t>(operand)];
      if (readers.empty() || readers.back() != static_cast<int>(i)) readers.push_back(static_cast<int>(i));
    }
  }
  for (const Output& output : graph.outputs) is_output[static_cast<size_t>(output.value)] = true;
}

bool Uses::single_use(ValueId id) const {
  return consumers[static_cast<size_t>(id)].size() == 1 && !is_output[static_cast<size_t>(id)];
}

void replace_uses(Graph& graph, ValueId from, ValueId to) {
  for (Call& call : graph.calls) std::replace(call.operands.begin(), call.operands.end(), from, to);
  for (Output& output : graph.outputs) {
    if (output.value == from) output.value = to;
  }
}

void remove_dead(Graph& graph) {
  std::set<ValueId> live;
  for (const Output& output : graph.outputs) live.insert(output.value);
  std::vector<Call> kept;
  for (auto call = graph.calls.rbegin(); call != graph.calls.rend(); ++call) {
    const bool used =
        std::any_of(call->results.begin(), call->results.end(), [&](ValueId id) { return live.contains(id); });
    if (!used) continue;
    live.insert(call->operands.begin(), call->operands.end());
    kept.push_back(std::move(*call));
  }
  graph.calls.assign(std::make_move_iterator(kept.rbegin()), std::make_move_iterator(kept.rend()));
  std::erase_if(graph.weights, [&](const Weight& weight) { return !live.contains(weight.value); });
}

}  // namespace octavo::graph
