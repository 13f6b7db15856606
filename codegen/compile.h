// The middle of the compiler: which passes run, in which order, and then the emitter.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "codegen/passes/passes.h"

namespace octavo::emit {
struct Emitted;  // codegen/emit/emit.h
}

namespace octavo {

// Called after each pass that changed the graph: lines that went begin with "- ", lines that came with "+ ".
using PassDump = std::function<void(const std::string& pass, const std::string& changes)>;

struct CompileOptions {
  base::Policy policy;
  passes::Ranges ranges;  // by site; needed only where the policy makes activations static
  PassDump dump;          // may be empty
};

// From the trace to the calls that are emitted. Throws base::Error (refused) with the place in the user's source;
// nothing is written before every operator is known to be compilable.
[[nodiscard]] graph::Graph optimise(graph::Graph graph, const CompileOptions& options);

// The stage `octavo compile`: NAME.graph.json and NAME.tensors.safetensors to NAME.h, NAME.cpp and NAME.weights in
// `folder`, where NAME is the graph's. `ranges` is NAME.ranges.json, or empty: then options.ranges is taken.
// `precision` is for the first lines of the emitted file: int8, or fp32.
emit::Emitted compile(const std::filesystem::path& graph_file, const std::filesystem::path& tensors,
                      const std::filesystem::path& ranges, CompileOptions options, const std::filesystem::path& folder,
                      const std::string& precision = "int8");

}  // namespace octavo
