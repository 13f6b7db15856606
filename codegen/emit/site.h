// Names made of module paths such as encoder.layer.0.attention.self.query.
#pragma once

#include <string>
#include <vector>

#include "codegen/graph/graph.h"

namespace octavo::emit {

[[nodiscard]] std::vector<std::string> split(const std::string& text, char separator);
// Merged sites are one string, separated by commas.
[[nodiscard]] std::vector<std::string> split_sites(const std::string& sites);
// Names that differ in one segment written as one: "self.{query, key}.weight"; others joined by " ++ ".
[[nodiscard]] std::string braced(const std::vector<std::string>& names);
// The last two segments: "self.query"; of merged sites the last segment of each: "query_key_value".
[[nodiscard]] std::string short_name(const std::string& sites);
// For people: "encoder.layer.0.attention.self.{query, key, value}", or "encoder.layer.0.output.LayerNorm".
[[nodiscard]] std::string comment_site(const graph::Call& call, const std::string& sites);
// Which function of the emitted code a path belongs to: up to its first number ("encoder.layer.0"), else its first
// segment ("pooler").
[[nodiscard]] std::string block_of(const std::string& sites);

}  // namespace octavo::emit
