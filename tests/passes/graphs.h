// Graphs as text, in and out of passes.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "codegen/graph/graph.h"

namespace octavo::test {

using Pass = std::function<graph::Graph(graph::Graph)>;

// Parses, runs the pass, verifies, prints.
[[nodiscard]] std::string through(const Pass& pass, const std::string& text);
// The statements of calls only, without places: what most expectations are about.
[[nodiscard]] std::string calls(const std::string& text);
// The operator names in order, "linear_s8 attention …".
[[nodiscard]] std::string operators(const graph::Graph& graph);
// The error that the pass must throw; a test failure when it throws none.
[[nodiscard]] std::string error_of(const std::function<void()>& run);

// The pass changes the calls of `text` to exactly `expected`.
void expect_calls(const Pass& pass, const std::string& text, const std::string& expected);
// The pass leaves the calls as they are.
void expect_unchanged(const Pass& pass, const std::string& text);

}  // namespace octavo::test
