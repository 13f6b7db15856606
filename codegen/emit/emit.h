// Optimised graph + tensors -> NAME.h, NAME.cpp and NAME.weights.
//
// The emitted program links octavo_runtime and nothing else; docs/emitted-code.md walks through it. The same input
// gives the same bytes. Whatever cannot be emitted is base::Error (refused) at its source place before any file is
// written; files appear whole or not at all.
#pragma once

#include <filesystem>
#include <string>

#include "base/safetensors.h"
#include "codegen/emit/report.h"
#include "codegen/graph/graph.h"

namespace octavo::emit {

struct EmitInput {
  const graph::Graph& graph;         // lowered and fused: the operators of ops/table.cpp
  const base::Safetensors& tensors;  // what the graph's weights name
  std::string name;                  // "minilm": the files' stem; as an identifier, the C++ namespace
  std::string source;                // "models/bert.cpp": named without its folder in the first lines
  std::string precision = "int8";    // for the first lines and the report: int8 or fp32
};

struct Emitted {
  std::string header, source, weights;  // the bytes of the three files
  Report report;
};

[[nodiscard]] Emitted emit(const EmitInput& input);
// Writes the three files into `folder`, leaving those alone that hold these bytes already.
void write(const Emitted& emitted, const std::string& name, const std::filesystem::path& folder);
// Both.
Emitted emit(const EmitInput& input, const std::filesystem::path& folder);

}  // namespace octavo::emit
