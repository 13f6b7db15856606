// The program under construction: a list of steps, each one statement of the emitted C++ with the buffers it reads
// and writes. Operators (ops/) ask a Body for operands in the form their kernel takes, and get a copy where the
// layout of a value does not allow it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "codegen/emit/layout.h"
#include "codegen/emit/weights.h"
#include "codegen/graph/graph.h"

namespace octavo::emit {

using graph::Call;
using graph::DType;
using graph::kNone;
using graph::Type;
using graph::ValueId;

struct Buffer {
  enum class Home { input, section, arena, output };
  Home home = Home::arena;
  int index = -1;         // input, section or output; of the arena the slot, once planned
  std::string name = {};  // the C++ variable
  std::string type = {};  // float
  std::string comment = {};
  Dim bytes = 0;
  std::string runtime_bytes = {};  // instead of `bytes`, see plan.h
};

struct Step {
  std::string comment;             // over the first step of a call: "bert.cpp:57  encoder.layer.0.output.dense"
  std::string place = {};          // in the user's source: "bert.cpp:57"
  std::string path;                // the module it belongs to, "" if unknown
  std::string function = {};       // the kernel that is called
  std::vector<std::string> lines;  // C++, indented by two
  std::set<int> reads, writes;     // buffers
};

class Body {
 public:
  Body(const graph::Graph& graph, WeightStore& weights);

  // ---- the walk (lower.cpp)
  void begin(const Call& call);
  // Outputs take over the buffers of their values, or get a copy.
  void finish_outputs();

  // ---- values
  [[nodiscard]] const Type& type(ValueId id) const { return graph_.type(id); }
  [[nodiscard]] const Shape& shape(ValueId id) const { return graph_.type(id).shape; }
  [[nodiscard]] const std::string& value_name(ValueId id) const { return graph_.value_name(id); }
  [[nodiscard]] Layout layout(ValueId id);
  [[nodiscard]] bool is_input(ValueId id) const;
  [[nodiscard]] bool is_weight(ValueId id) const { return graph_.weight_of(id) != nullptr; }
  [[nodiscard]] WeightStore& weights() { return weights_; }
  // The result is another view of an operand's elements: no code.
  void alias(ValueId result, Layout layout) { layouts_[result] = std::move(layout); }
  // Gives the result fresh memory, row-major with `pitch` elements a row, and returns its C++ variable.
  std::string define(ValueId result);
  std::string define(ValueId result, const Dim& pitch);
  // The next step writes a part of a value that is defined already.
  void write(ValueId result) { next_.writes.insert(layout(result).buffer); }
  // Memory that lives for the next step only.
  std::string scratch(const std::string& runtime_bytes);
  // A value of the emitted program that is none of the graph.
  ValueId temporary(Type type, const std::string& name);

  // ---- operands of the next step, as C++
  struct RowsText {
    std::string pointer, rows, pitch;
  };
  [[nodiscard]] std::string view(ValueId id);
  [[nodiscard]] std::string view(ValueId id, const Shape& shape, const Layout& layout);
  [[nodiscard]] std::string pointer(const Layout& layout);
  [[nodiscard]] std::string contiguous_pointer(ValueId id);
  [[nodiscard]] RowsText rows(ValueId id);                 // any pitch
  [[nodiscard]] RowsText rows(ValueId id, int64_t pitch);  // exactly this pitch
  // `id` itself, or a copy of another dtype.
  [[nodiscard]] ValueId converted(ValueId id, DType dtype);
  [[nodiscard]] ValueId contiguous(ValueId id);

  // ---- code
  // function(run.step(i), arguments...);
  void call(const std::string& function, const std::vector<std::string>& arguments);
  // A definition before the next call: const float scalar = 0.5f;
  void declare(const std::string& head, const std::vector<std::string>& items, const std::string& tail);
  // The observer sees `id` after the step just added.
  void observe(const Call& call, ValueId id, const std::string& kernel);
  void observe(const std::string& site, const std::string& kernel, const std::string& view);
  // Statements in a block of their own that runs under an observer, after the step just added.
  void when_observed(const std::vector<std::vector<std::string>>& statements);
  [[nodiscard]] std::string unique(const std::string& stem);

  [[nodiscard]] std::string path(const Call& call) const;
  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
  [[nodiscard]] std::vector<Buffer>& buffers() { return buffers_; }
  [[nodiscard]] const std::set<std::string>& includes() const { return includes_; }
  void include(const std::string& header) { includes_.insert(header); }

 private:
  graph::Graph graph_;  // its own: temporaries are added
  WeightStore& weights_;
  std::vector<Buffer> buffers_;
  std::map<ValueId, Layout> layouts_;
  std::vector<Step> steps_;
  Step next_;  // what the next call() will add: its declarations, reads and writes so far
  const Call* current_ = nullptr;
  std::set<std::string> names_, includes_;

  int add_buffer(Buffer buffer);
  // A copy of `id` in fresh memory with `pitch` elements a row, made before the next step.
  ValueId copied(ValueId id, DType dtype, const Dim& pitch);
  [[nodiscard]] std::string variable_stem(ValueId id) const;
  [[nodiscard]] base::Place where() const { return current_ != nullptr ? current_->where : base::Place{}; }
};

}  // namespace octavo::emit
