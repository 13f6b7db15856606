#include <algorithm>
#include <cmath>
#include <set>

#include "codegen/passes/passes.h"
#include "codegen/passes/weight_products.h"

namespace octavo::passes {

namespace {

using base::SiteKind;

// A quantizer belongs to the product that its value reaches through views and arithmetic, which is a linear where the other
// operand is a parameter; else to a LayerNorm.
SiteKind quantizer_kind(const Rewriter& r, ValueId id, std::set<ValueId>& seen) {
  if (!seen.insert(id).second) return SiteKind::layer_norm;
  for (const Call* call : r.consumers(id)) {
    if (weight_product(r, *call)) return SiteKind::linear;
    if (call->op == "matmul" || call->op == "attention" || call->op == "linear") return SiteKind::matmul;
    const bool passes_on = call->op == "reshape" || call->op == "permute" || call->op == "expand" ||
                           call->op == "slice" || call->op == "cat" || call->op == "mul" || call->op == "div" ||
                           call->op == "quantize";
    if (!passes_on) continue;
    const SiteKind kind = quantizer_kind(r, call->results[0], seen);
    if (kind != SiteKind::layer_norm) return kind;
  }
  return SiteKind::layer_norm;
}

// What a value is a view of.
ValueId root(const Rewriter& r, ValueId id) {
  for (const Call* view = r.producer(id, "permute"); view != nullptr; view = r.producer(id, "permute"))
    id = view->operands[0];
  return id;
}

std::vector<std::string> site_ids(const Graph& graph) {
  std::set<std::string> ids;
  for (const Call& call : graph.calls) {
    if (call.has("site")) ids.insert(call.string("site"));
  }
  return {ids.begin(), ids.end()};
}

class Decision {
 public:
  Decision(const base::Policy& policy, const Ranges& ranges) : policy_(policy), ranges_(ranges) {}

  void decide(Rewriter& r, const Call& call) {
    if (!call.has("site")) return;
    if (call.op == "linear") decide_weighted(r, call, SiteKind::linear, call.operands[1]);
    if (call.op == "embedding") decide_weighted(r, call, SiteKind::embedding, call.operands[0]);
    if (call.op == "quantize") decide_quantizer(r, call);
  }

  void throw_missing() const {
    if (missing_.empty()) return;
    std::string sites;
    for (const auto& [site, where] : missing_) sites += "\n  " + site + " (" + where.text() + ")";
    throw base::Error(base::Exit::refused, missing_.front().second,
                      "static activations without a calibrated range:" + sites,
                      "calibrate with samples that reach these sites, or set activations = \"dynamic\" for them");
  }

 private:
  const base::Policy& policy_;
  const Ranges& ranges_;
  std::vector<std::pair<std::string, base::Place>> missing_;

  void decide_weighted(Rewriter& r, const Call& call, SiteKind kind, ValueId weight) {
    const std::string site = call.string("site");
    const base::SitePolicy decided = policy_.site(kind, site);
    if (!decided.int8) return;
    if (r.graph().weight_of(weight) == nullptr) {
      throw base::Error(base::Exit::refused, call.where, site + " is int8, but its weight is computed in the model",
                        "set precision = \"float\" for this site in octavo.toml");
    }
    Attributes attributes = call.attributes;
    attributes["precision"] = std::string("int8");
    if (kind == SiteKind::linear && decided.static_activations) add_scale(attributes, call);
    if (kind == SiteKind::linear && decided.weights != base::WeightRule::automatic)
      attributes["weights"] = std::string(base::name(decided.weights));
    r.replace(call, r.emit(call.op, call.operands, std::move(attributes)));
  }

  void decide_quantizer(Rewriter& r, const Call& call) {
    std::set<ValueId> seen;
    const SiteKind kind = quantizer_kind(r, call.results[0], seen);
    const base::SitePolicy decided = policy_.site(kind, call.string("site"));
    if (!decided.int8 || r.type(call.operands[0]).dtype != DType::f32) return r.replace(call, call.operands[0]);
    Attributes attributes = call.attributes;
    const bool of_weight = r.graph().weight_of(root(r, call.operands[0])) != nullptr;
    if (decided.static_activations && !of_weight) add_scale(attributes, call);
    if (kind == SiteKind::linear && decided.weights != base::WeightRule::automatic)
      attributes["weights"] = std::string(base::name(decided.weights));
    r.replace(call, r.emit("fake_quantize", call.operands, std::move(attributes)));
  }

  // Symmetric: absmax / 127, as the kernels divide. A site that only ever saw zeros stays dynamic.
  void add_scale(Attributes& attributes, const Call& call) {
    const auto range = ranges_.find(call.string("site"));
    if (range == ranges_.end()) return missing_.emplace_back(call.string("site"), call.where), void();
    const double absmax = std::max(std::abs(range->second.min), std::abs(range->second.max));
    if (!std::isfinite(absmax)) {
      throw base::Error(base::Exit::refused, call.where, call.string("site") + " saw a value that is not finite",
                        "calibrate with samples that the float model can answer");
    }
    if (absmax > 0) attributes["static_scale"] = static_cast<double>(static_cast<float>(absmax) / 127.0F);
  }
};

}  // namespace

Graph apply_policy(Graph graph, const base::Policy& policy, const Ranges& ranges) {
  policy.check_patterns(site_ids(graph));
  Decision decision(policy, ranges);
  Graph decided = rewrite(std::move(graph), [&](Rewriter& r, const Call& call) { decision.decide(r, call); });
  decision.throw_missing();
  return decided;
}

}  // namespace octavo::passes
