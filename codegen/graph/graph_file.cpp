#include <nlohmann/json.hpp>

#include "base/files.h"
#include "codegen/graph/text.h"
#include "codegen/graph/verify.h"

namespace octavo::graph {

namespace {
constexpr int kSchema = 1;
}

void write_graph_file(const std::filesystem::path& path, const GraphFile& file) {
  nlohmann::ordered_json json;
  json["schema"] = kSchema;
  json["name"] = file.graph.name;
  json["source"] = file.source;
  json["graph"] = nlohmann::ordered_json::array();
  const std::string text = print(file.graph);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    json["graph"].push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  base::write_if_different(path, json.dump(1) + "\n");
}

GraphFile read_graph_file(const std::filesystem::path& path) {
  const std::string file = path.string();
  const auto refuse = [&](const std::string& cause) -> base::Error {
    return {base::Exit::refused, {file}, cause, "make it again with `octavo trace`"};
  };
  const auto json = nlohmann::json::parse(base::read_file(path), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw refuse("is not a graph file: it is no JSON object");
  if (!json.contains("schema") || json["schema"] != kSchema)
    throw refuse("has another schema than " + std::to_string(kSchema));
  if (!json.contains("graph") || !json["graph"].is_array()) throw refuse("has no list of statements under \"graph\"");
  std::string text;
  for (const auto& line : json["graph"]) {
    if (!line.is_string()) throw refuse("has a statement that is no string");
    text += line.get<std::string>() + "\n";
  }
  GraphFile result;
  result.graph = parse(text, file);
  if (json.contains("source") && json["source"].is_string()) result.source = json["source"].get<std::string>();
  verify(result.graph, "reading " + file);
  return result;
}

}  // namespace octavo::graph
