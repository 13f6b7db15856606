// Checks that nothing is multiplied in silence: each product that the trace recorded belongs to sites, or a remark of the
// rewriter says why it does not.
//
//   NAME.products.json = {"schema": 1, "products": [{"op", "file", "line", "column", "sites": [id…], "reason"}]}
//
// A product without sites and reason is one that no rule knows: a defect of the rewriter, and said.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "codegen/graph/graph.h"

namespace octavo::cli {

struct Product {
  std::string op;
  base::Place where;
  std::vector<std::string> sites;  // whose values or weights are multiplied
  std::string reason;              // without sites: why it runs in float, as the rewriter said; empty if it did not
  [[nodiscard]] bool silent() const { return sites.empty() && reason.empty(); }
};

// `sites`: the rewriter's report; `types`: the class of each registered path.
[[nodiscard]] std::vector<Product> products_of(const graph::Graph& graph, const nlohmann::json& sites,
                                               const nlohmann::json& types);
[[nodiscard]] std::string products_json(const std::vector<Product>& products);
// What a user should know: each place that multiplies in float, with the reason, then one line that counts.
[[nodiscard]] std::string products_text(const std::vector<Product>& products);

}  // namespace octavo::cli
