#include "codegen/passes/weight_products.h"

#include <algorithm>

#include "codegen/passes/passes.h"

namespace octavo::passes {

namespace {

// The Quantizer that gave `id`, and the value behind it.
const Call* take_quantizer(const Rewriter& r, ValueId& id) {
  for (const char* op : {"quantize", "fake_quantize"}) {
    if (const Call* quantizer = r.producer(id, op)) {
      id = quantizer->operands[0];
      return quantizer;
    }
  }
  return nullptr;
}

bool swaps_two(const Call& call) { return call.op == "permute" && call.shape("dims") == Shape{Dim(1), Dim(0)}; }

// [rows, k] seen from [..., k]: the same rows.
bool keeps_rows(const Rewriter& r, const Call& call) {
  const Shape from = r.type(call.operands[0]).shape, to = r.type(call.results[0]).shape;
  return call.op == "reshape" && !from.empty() && !to.empty() && from.back() == to.back();
}

// "logits" of the Quantizer "logits_lhs": the product is the site now.
std::string product_name(const std::string& quantizer) {
  for (const std::string ending : {"_lhs", "_input", "_rhs"}) {
    if (quantizer.ends_with(ending)) return quantizer.substr(0, quantizer.size() - ending.size());
  }
  return quantizer;
}

}  // namespace

std::optional<WeightProduct> weight_product(const Rewriter& r, const Call& call) {
  if (call.op != "matmul" && call.op != "linear") return std::nullopt;
  WeightProduct found{call.operands[0], call.operands[1], call.op == "linear"};
  found.weight_quantizer = take_quantizer(r, found.weight);
  if (const Call* turned = r.producer(found.weight, "permute"); turned != nullptr && swaps_two(*turned)) {
    found.weight = turned->operands[0];
    found.by_rows = !found.by_rows;
    if (found.weight_quantizer == nullptr) found.weight_quantizer = take_quantizer(r, found.weight);
  }
  const graph::Weight* weight = r.graph().weight_of(found.weight);
  if (weight == nullptr || weight->tensors.size() != 1 || r.type(found.weight).shape.size() != 2) return std::nullopt;
  ValueId input = found.input;
  if (const Call* seen = r.producer(input, "reshape"); seen != nullptr && keeps_rows(r, *seen))
    input = seen->operands[0];
  found.input_quantizer = take_quantizer(r, input);
  return found;
}

Graph linear_of_weight_products(Graph graph) {
  return rewrite(std::move(graph), [](Rewriter& r, const Call& call) {
    const auto product = weight_product(r, call);
    if (!product) return;
    const bool int8 = product->input_quantizer != nullptr && product->weight_quantizer != nullptr;
    // One of the two alone is rounded in front of a product in FP32: as it stands.
    if (!int8 && (product->input_quantizer != nullptr || product->weight_quantizer != nullptr)) return;
    if (!int8 && call.op == "linear") return;  // it is one already
    const graph::Weight* stored = r.graph().weight_of(product->weight);
    const bool seen_otherwise = !stored->order.empty() && std::is_sorted(stored->order.begin(), stored->order.end());
    if (!product->by_rows && seen_otherwise) return;
    const ValueId weight = product->by_rows ? product->weight : permuted_weight(r, product->weight, {1, 0});
    Attributes attributes;
    ValueId input = product->input;
    if (int8) {
      attributes = {{"precision", std::string("int8")},
                    {"site", product_name(product->input_quantizer->string("site"))}};
      if (product->input_quantizer->has("static_scale"))
        attributes["static_scale"] = product->input_quantizer->attributes.at("static_scale");
      if (product->weight_quantizer->has("weights"))
        attributes["weights"] = product->weight_quantizer->attributes.at("weights");
      input = r.reshape(product->input_quantizer->operands[0], r.type(input).shape);
    }
    const ValueId bias = call.op == "linear" && call.operands.size() > 2 ? call.operands[2] : kNone;
    r.replace(call, r.emit("linear", {input, weight, bias}, std::move(attributes)));
  });
}

}  // namespace octavo::passes
