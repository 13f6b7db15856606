#include "tests/passes/graphs.h"

#include <sstream>

#include "base/error.h"
#include "codegen/graph/text.h"
#include "codegen/graph/verify.h"

namespace octavo::test {

std::string through(const Pass& pass, const std::string& text) {
  graph::Graph graph = pass(graph::parse(text));
  verify(graph, "the pass");
  return print(graph);
}

std::string calls(const std::string& text) {
  std::istringstream lines(text);
  std::string line, result;
  while (std::getline(lines, line)) {
    if (line.empty() || line[0] != '%') continue;
    result += line.substr(0, line.find(" @ ")) + "\n";
  }
  return result;
}

std::string operators(const graph::Graph& graph) {
  std::string result;
  for (const graph::Call& call : graph.calls) result += (result.empty() ? "" : " ") + call.op;
  return result;
}

std::string error_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const base::Error& error) {
    return error.text();
  }
  ADD_FAILURE() << "no error was thrown";
  return {};
}

void expect_calls(const Pass& pass, const std::string& text, const std::string& expected) {
  EXPECT_EQ(calls(through(pass, text)), calls(expected));
}

void expect_unchanged(const Pass& pass, const std::string& text) {
  graph::Graph graph = graph::parse(text);
  remove_dead(graph);  // weights that this case does not read
  EXPECT_EQ(through(pass, text), print(graph));
}

}  // namespace octavo::test
