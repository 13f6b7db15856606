// The attention operator, for whoever has its operands by heads:
//
//   q [B, H, Sq, D]   k, v [B, H, Sk, D]   mask broadcastable to [B, H, Sq, Sk], or none   ->   [B, H, Sq, D]
//   out = softmax((q . k) * scale + mask) . v
//
// emit_attention wraps it in the permutes and reshapes to and from the kernel's [B, S, H*D]. Where the source
// splits and merges heads itself, fold() cancels the two.
#pragma once

#include "codegen/passes/rewriter.h"

namespace octavo::passes {

struct AttentionOperands {
  ValueId q = kNone, k = kNone, v = kNone, mask = kNone;
  double scale = 1.0;
  bool causal = false;
};

// Whether the kernel takes these shapes: rank 4 (or 3, one head), heads and D constant and alike, f32, and a mask
// that broadcasts.
[[nodiscard]] bool attention_fits(const Rewriter& r, const AttentionOperands& operands);
[[nodiscard]] ValueId emit_attention(Rewriter& r, AttentionOperands operands);

}  // namespace octavo::passes
