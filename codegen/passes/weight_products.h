// Products of an activation with a parameter, however they are written: matmul(h, wte->weight.t()), F::linear(h, w),
// h.matmul(w), einsum("bsd,vd->bsv", {h, w}).
#pragma once

#include <optional>

#include "codegen/passes/rewriter.h"

namespace octavo::passes {

struct WeightProduct {
  ValueId input;   // as the product sees it
  ValueId weight;  // a weight of the graph, of two dims
  bool by_rows;    // input times weight^T, as a linear has it; else input times weight
  // The Quantizers of the two, if they have one: quantize, or fake_quantize once the policy is applied.
  const Call* input_quantizer = nullptr;
  const Call* weight_quantizer = nullptr;
};

// Nothing for other calls than matmul and linear, and for those that are something else.
[[nodiscard]] std::optional<WeightProduct> weight_product(const Rewriter& r, const Call& call);

}  // namespace octavo::passes
