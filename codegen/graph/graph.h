// The program between the trace and the emitted C++: a flat list of operator calls on named values, in
// execution order. Every value has a dtype and a shape whose dims are expressions of the model's named dims.
//
// Text form, one statement a line; printing and parsing round-trip (text.h):
//   graph bert(B, S)
//   input %input_ids: i64[B, S]
//   weight %w0: f32[384, 384] = "encoder.layer.0.attention.self.query.weight"
//   weight %w9: f32[1152, 384] = "a.weight" ++ "b.weight" ++ "c.weight"
//   weight %w10: f32[30522, 384] = "word.weight" permuted [1, 0]
//   require S <= 512 "position table" @ bert.cpp:31
//   %5: f32[B, S, 384] = linear(%4, %w0, none) {site = "encoder.layer.0.attention.self.query"} @
//   bert.cpp:57:12 output "output" = %57
//
// Invariants (verify.h): a value is defined once, before it is used; every call's operator is known or still
// an ATen name; shapes use only the graph's dims; weights name at least one tensor.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "codegen/graph/dim.h"

namespace octavo::graph {

// f32 is the arithmetic; f16 and bf16 are storage; u8 holds activations about zero point 128, s8 weights.
enum class DType { f32, f16, bf16, f64, i64, i32, u8, s8, boolean };
[[nodiscard]] const char* name(DType dtype);  // "f32", "i64", "bool", …
[[nodiscard]] DType dtype_from_name(std::string_view name);
[[nodiscard]] int64_t size_of(DType dtype);  // bytes

struct Type {
  DType dtype = DType::f32;
  Shape shape;
  friend bool operator==(const Type&, const Type&) = default;
};

using ValueId = int32_t;
inline constexpr ValueId kNone = -1;  // an absent optional operand

struct Value {
  std::string name;  // without the %
  Type type;
};

using Attribute = std::variant<bool, Dim, double, std::string, Shape>;
using Attributes = std::map<std::string, Attribute>;

struct Call {
  std::string op;
  std::vector<ValueId> operands;
  Attributes attributes;
  std::vector<ValueId> results;
  base::Place where;  // in the user's source

  [[nodiscard]] bool has(const std::string& key) const { return attributes.contains(key); }
  // Typed access; throws base::Error (refused, at `where`) when the attribute is absent or of another type.
  [[nodiscard]] int64_t integer(const std::string& key) const;
  [[nodiscard]] double number(const std::string& key) const;  // an integer attribute reads as a number too
  [[nodiscard]] const std::string& string(const std::string& key) const;
  [[nodiscard]] const Dim& dim(const std::string& key) const;
  [[nodiscard]] const Shape& shape(const std::string& key) const;
  [[nodiscard]] bool boolean(const std::string& key) const;
  [[nodiscard]] std::string string_or(const std::string& key, std::string otherwise) const;
};

struct Weight {
  ValueId value;
  std::vector<std::string> tensors;  // names in NAME.tensors.safetensors, concatenated along dim 0
  // Not as they are stored: each tensor's dims are put in this order, then its elements take the value's shape. The order
  // 0, 1, … is a tensor seen in another shape. Empty: as stored.
  std::vector<int64_t> order = {};
};
struct Output {
  std::string name;
  ValueId value;
};
// Holds at every call, checked before anything is computed: dim <= limit.
struct Requirement {
  Dim dim;
  int64_t limit = 0;
  std::string reason;
  base::Place where;
};

struct Graph {
  std::string name;
  std::vector<std::string> dims;
  std::vector<Value> values;
  std::vector<ValueId> inputs;
  std::vector<Weight> weights;
  std::vector<Requirement> requirements;
  std::vector<Call> calls;
  std::vector<Output> outputs;

  [[nodiscard]] const Type& type(ValueId id) const { return values.at(static_cast<size_t>(id)).type; }
  [[nodiscard]] const std::string& value_name(ValueId id) const { return values.at(static_cast<size_t>(id)).name; }
  // Adds a value; an empty or taken name gets the next free number.
  ValueId add_value(Type type, std::string name = {});
  [[nodiscard]] const Weight* weight_of(ValueId id) const;
};

// Who defines and who reads each value, for passes that match patterns. Indices are into graph.calls.
struct Uses {
  explicit Uses(const Graph& graph);
  std::vector<int> producer;                // per value: the call that defines it, or -1 (input, weight)
  std::vector<std::vector<int>> consumers;  // per value: calls that read it, ascending
  std::vector<bool> is_output;              // per value
  // Read by exactly one call and not an output: it may disappear into that call.
  [[nodiscard]] bool single_use(ValueId id) const;
};

// Replaces every use of `from` (in calls and outputs) by `to`.
void replace_uses(Graph& graph, ValueId from, ValueId to);
// Removes calls whose results nobody reads, then weights nobody reads. Values keep their ids.
void remove_dead(Graph& graph);

}  // namespace octavo::graph
