#include "cli/products.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "codegen/graph/products.h"

namespace octavo::cli {

using graph::Call;
using graph::Graph;
using nlohmann::json;

namespace {

// They give other shapes to the elements of their first operand.
bool is_view(const std::string& op) {
  static constexpr std::array<std::string_view, 14> kViews = {
      "aten.t.",         "aten.transpose.", "aten.permute.", "aten.view.",    "aten.reshape.",
      "aten.unsqueeze.", "aten.squeeze.",   "aten.expand.",  "aten.flatten.", "aten.contiguous.",
      "aten.clone.",     "aten.slice.",     "aten.select.",  "aten.mT."};
  return std::any_of(kViews.begin(), kViews.end(), [&](std::string_view view) { return (op + ".").starts_with(view); });
}

// zoo::BlockImpl<zoo::Gelu, 4> -> Block, as the rewriter calls it
std::string class_name(std::string type) {
  type.resize(std::min(type.find('<'), type.size()));
  type.erase(0, type.rfind(':') == std::string::npos ? 0 : type.rfind(':') + 1);
  if (type.size() > 4 && type.ends_with("Impl")) type.resize(type.size() - 4);
  return type;
}

// One of them may be relative to a folder that the other names.
bool same_file(const std::string& a, const std::string& b) {
  const std::string &shorter = a.size() < b.size() ? a : b, &longer = a.size() < b.size() ? b : a;
  return longer.ends_with(shorter) &&
         (longer.size() == shorter.size() || longer[longer.size() - shorter.size() - 1] == '/');
}

std::string parent(const std::string& path) {
  const size_t dot = path.rfind('.');
  return dot == std::string::npos ? std::string() : path.substr(0, dot);
}

class Explainer {
 public:
  Explainer(const Graph& graph, const json& sites, const json& types)
      : graph_(graph), uses_(graph), sites_(sites), types_(types) {}

  std::vector<Product> run() {
    std::vector<Product> products;
    for (const Call& call : graph_.calls) {
      if (graph::is_product(call.op)) products.push_back(product(call));
    }
    // The products of activations inside a library module have no weight to tell whose they are, but its call's place.
    for (Product& silent : products) {
      const auto said = inside_library_.find(silent.where.text());
      if (silent.silent() && said != inside_library_.end()) silent.reason = said->second;
    }
    return products;
  }

 private:
  const Graph& graph_;
  const graph::Uses uses_;
  const json &sites_, &types_;
  std::map<std::string, std::string> inside_library_;  // by place

  const Call* producer(graph::ValueId value) const {
    const int call = value < 0 ? -1 : uses_.producer[static_cast<size_t>(value)];
    return call < 0 ? nullptr : &graph_.calls[static_cast<size_t>(call)];
  }

  Product product(const Call& call) {
    Product result{call.op, call.where, {}, {}};
    if (call.has("site")) result.sites.push_back(call.string("site"));
    for (const graph::ValueId operand : call.operands) {
      const Call* from = producer(operand);
      while (from != nullptr && is_view(from->op)) from = producer(from->operands.front());
      if (from != nullptr && from->op == "octavo.quantize") result.sites.push_back(from->string("site"));
    }
    if (result.sites.empty()) result.reason = reason_at(call.where);
    if (result.sites.empty() && result.reason.empty() && call.has(graph::kParameter)) {
      result.reason = reason_of_parameter(call.string(graph::kParameter));
      if (!result.reason.empty()) inside_library_.emplace(call.where.text(), result.reason);
    }
    return result;
  }

  static std::string said(const json& site) {
    return site.at("id").get<std::string>() + ": " + site.at("reason").get<std::string>();
  }

  // A call that a rule recognised and left.
  std::string reason_at(const base::Place& where) const {
    for (const json& site : sites_) {
      if (site.at("status") != "skipped" || !site.value("call", false)) continue;
      const int first = site.at("line").get<int>(), last = site.value("last_line", 0);
      if (same_file(site.at("file").get<std::string>(), where.file) && first <= where.line && where.line <= last)
        return said(site);
    }
    return {};
  }

  // A module that stayed, found by the class that holds it.
  std::string reason_of_parameter(const std::string& parameter) const {
    std::string path = parent(parameter), member, kind;
    const auto type = [&](const std::string& at) { return types_.value(at, std::string()); };
    const auto is_library = [&](const std::string& at) {
      return type(at).starts_with("torch::nn::") || type(at).starts_with("octavo::nn::");
    };
    while (!path.empty() && is_library(path)) {
      kind = class_name(type(path));
      member = path.substr(path.rfind('.') == std::string::npos ? 0 : path.rfind('.') + 1);
      path = parent(path);
    }
    if (member.empty()) return {};  // a parameter of the user's own class: its product is a call in the user's source
    const std::string holder = class_name(type(path));
    std::string other;
    for (const json& site : sites_) {
      if (site.at("status") != "skipped" || site.at("module") != holder || site.value("call", false)) continue;
      if (site.at("id") == holder + "." + member) return said(site);
      // The registered name may be another than the member's: then what was written tells.
      if (other.empty() && site.value("from", std::string()).ends_with(kind)) other = said(site);
    }
    return other;
  }
};

}  // namespace

std::vector<Product> products_of(const Graph& graph, const json& sites, const json& types) {
  return Explainer(graph, sites, types).run();
}

std::string products_json(const std::vector<Product>& products) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Product& product : products) {
    list.push_back({{"op", product.op},
                    {"file", product.where.file},
                    {"line", product.where.line},
                    {"column", product.where.column},
                    {"sites", product.sites},
                    {"reason", product.reason}});
  }
  return nlohmann::ordered_json{{"schema", 1}, {"products", list}}.dump(1) + "\n";
}

std::string products_text(const std::vector<Product>& products) {
  std::string text;
  std::set<std::string> lines;
  size_t in_float = 0;
  for (const Product& product : products) {
    if (!product.sites.empty()) continue;
    ++in_float;
    std::string line =
        (product.where.file.empty() ? "" : product.where.text() + ": ") +
        fmt::format("note: {} runs in float: ", product.op) +
        (product.silent() ? "no rule of the rewriter knows it; please report this with the source" : product.reason) +
        "\n";
    if (lines.insert(line).second) text += line;
  }
  return text + fmt::format("products: {} of sites, {} in float\n", products.size() - in_float, in_float);
}

}  // namespace octavo::cli
