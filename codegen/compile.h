// The middle of the compiler: which passes run, in which order, and then the emitter.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "codegen/passes/passes.h"

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

}  // namespace octavo
