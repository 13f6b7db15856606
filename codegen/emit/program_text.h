// The text of NAME.h and NAME.cpp from what lowering decided.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codegen/emit/emit.h"
#include "codegen/emit/lower.h"

namespace octavo::emit {

struct ProgramText {
  const EmitInput& input;
  const Lowered& lowered;
  const std::vector<Section>& sections;
  std::string version;
  uint64_t graph_hash = 0, build_id = 0;
};

[[nodiscard]] std::string header_text(const ProgramText& text);  // header.cpp
[[nodiscard]] std::string source_text(const ProgramText& text);  // source.cpp

// ---- parts that both use (description.cpp)
// The tables that a Program points to: dims, inputs, outputs, requirements, steps.
[[nodiscard]] std::string description_text(const graph::Graph& graph, const std::vector<Step>& steps);
[[nodiscard]] std::string requirement_text(const graph::Requirement& requirement);    // "S <= 512"
[[nodiscard]] std::string requirement_reason(const graph::Requirement& requirement);  // "position table (bert.cpp:31)"
[[nodiscard]] std::string slot_text(const Slot& slot);                                // bytes, as C++ over the dims
[[nodiscard]] std::string dtype_name(graph::DType dtype);                             // float32, as users write it
// Field names of the typed API: unlike one another and unlike the dims'.
[[nodiscard]] std::vector<std::string> input_fields(const graph::Graph& graph);
[[nodiscard]] std::vector<std::string> output_fields(const graph::Graph& graph);
// "  const int64_t B = dims[0], S = dims[1];" for the dims that `used` mentions; empty when there are none.
[[nodiscard]] std::string dims_declaration(const graph::Graph& graph, const std::vector<Dim>& used, int indent);

}  // namespace octavo::emit
