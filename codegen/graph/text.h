// The graph as text and as the file NAME.graph.json. print and parse round-trip: parse(print(g)) prints the
// same.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "codegen/graph/graph.h"

namespace octavo::graph {

[[nodiscard]] std::string print(const Graph& graph);
// One statement, as in print, without the newline: for messages and for --dump-passes.
[[nodiscard]] std::string print(const Graph& graph, const Call& call);
// Throws base::Error (refused) with the line of the text and what was expected there.
[[nodiscard]] Graph parse(std::string_view text, const std::string& file = "graph");

// {"schema": 1, "name": …, "source": …, "graph": [one statement a string]}
struct GraphFile {
  Graph graph;
  std::string source;  // the user's source file, as given
};
void write_graph_file(const std::filesystem::path& path, const GraphFile& file);
// Throws base::Error naming the file: not JSON, another schema, a statement that does not parse or verify.
[[nodiscard]] GraphFile read_graph_file(const std::filesystem::path& path);

}  // namespace octavo::graph
