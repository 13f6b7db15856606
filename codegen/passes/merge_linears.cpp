#include <algorithm>
#include <tuple>

#include "codegen/passes/passes.h"
#include "codegen/passes/rewriter.h"

namespace octavo::passes {

namespace {

// What linears must share to become one.
using Key = std::tuple<ValueId, std::string, double, std::string, bool,
                       std::vector<int64_t>>;  // input, precision, scale, weights,
                                               // has a bias, order of the weight

bool mergeable(const Graph& graph, const Call& call) {
  if (call.op != "linear" || call.has("activation")) return false;
  // A tied head shares its table with an embedding: merged with others it would be a second copy.
  const bool tied = std::any_of(graph.calls.begin(), graph.calls.end(), [&](const Call& other) {
    return other.op.starts_with("embedding") &&
           std::find(other.operands.begin(), other.operands.end(), call.operands[1]) != other.operands.end();
  });
  if (tied) return false;
  const ValueId bias = call.operands[2];
  return graph.weight_of(call.operands[1]) != nullptr && (bias == kNone || graph.weight_of(bias) != nullptr);
}

std::map<Key, std::vector<Call>> group(const Graph& graph) {
  std::map<Key, std::vector<Call>> groups;
  for (const Call& call : graph.calls) {
    if (!mergeable(graph, call)) continue;
    const double scale = call.has("static_scale") ? call.number("static_scale") : 0.0;
    groups[{call.operands[0], call.string_or("precision", "fp32"), scale, call.string_or("weights", ""),
            call.operands[2] != kNone, graph.weight_of(call.operands[1])->order}]
        .push_back(call);
  }
  return groups;
}

// The weights (operand 1) or biases (operand 2) of the members, one after the other.
ValueId concatenate(Rewriter& r, const std::vector<Call>& members, size_t operand) {
  if (members[0].operands[operand] == kNone) return kNone;
  Type type = r.type(members[0].operands[operand]);
  type.shape[0] = Dim(0);
  std::vector<std::string> tensors;
  std::vector<int64_t> order;  // the same of all
  for (const Call& member : members) {
    const graph::Weight* weight = r.graph().weight_of(member.operands[operand]);
    tensors.insert(tensors.end(), weight->tensors.begin(), weight->tensors.end());
    order = weight->order;
    type.shape[0] = type.shape[0] + r.type(weight->value).shape[0];
  }
  return r.add_weight(std::move(type), std::move(tensors), std::move(order));
}

// Emits the merged linear and one slice a member.
std::vector<ValueId> merge(Rewriter& r, const std::vector<Call>& members) {
  Attributes attributes = members[0].attributes;
  std::string sites;
  for (const Call& member : members) sites += (sites.empty() ? "" : ",") + member.string_or("site", "");
  if (sites.size() >= members.size()) attributes["site"] = sites;
  const ValueId weight = concatenate(r, members, 1), bias = concatenate(r, members, 2);
  const ValueId all = r.emit("linear", {members[0].operands[0], weight, bias}, std::move(attributes));
  const auto last = static_cast<int64_t>(r.type(all).shape.size()) - 1;
  std::vector<ValueId> slices;
  Dim start(0);
  for (const Call& member : members) {
    const Dim end = start + r.type(member.results[0]).shape.back();
    slices.push_back(r.emit("slice", {all}, {{"dim", Dim(last)}, {"start", start}, {"end", end}, {"step", Dim(1)}}));
    start = end;
  }
  return slices;
}

}  // namespace

Graph merge_linears(Graph graph) {
  const auto groups = group(graph);
  std::map<ValueId, std::pair<const std::vector<Call>*, size_t>> place_of;  // by result
  for (const auto& [key, members] : groups) {
    for (size_t i = 0; members.size() > 1 && i < members.size(); ++i) place_of[members[i].results[0]] = {&members, i};
  }
  std::map<const std::vector<Call>*, std::vector<ValueId>> merged;
  return rewrite(std::move(graph), [&](Rewriter& r, const Call& call) {
    const auto found = place_of.find(call.results[0]);
    if (found == place_of.end()) return;
    const auto& [members, index] = found->second;
    if (!merged.contains(members)) merged[members] = merge(r, *members);
    r.replace(call, merged[members][index]);
  });
}

}  // namespace octavo::passes
