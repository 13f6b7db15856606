// Records the operators that a forward calls, at the level its author wrote them.
//
// A boxed fallback on one dispatch key sees every call first, notes operator, arguments and results, and redispatches
// with the key excluded, so that what an operator calls inside is not recorded. Parameters and buffers are recognised
// by their storage and named by their first registered path.
//
// In-place calls are recorded as their functional forms. A tensor that shares storage with a mutated one is stale: its
// next use is a kRefresh, which can stand only if it folds away.
// Refused at once, with the place: values of tensors that depend on inputs deciding the control flow, results whose
// shape depends on values, state written in the forward, random numbers.
#pragma once

#include <functional>

#include "codegen/observe/sources.h"
#include "codegen/observe/trace.h"
#include "octavo/torch.h"

namespace octavo::observe {

using Forward = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)>;

struct Recording {
  Trace trace;
  std::vector<at::Tensor> tensors;  // by value: as it was when the trace read it; alive as long as this
  std::vector<bool> tainted;        // by value: depends on an input
};

struct RecorderOptions {
  std::vector<std::string> sources;  // the user's files, for places
  bool places = true;                // symbolise every call; otherwise only errors carry one
  // A run before this one. What the module kept from it is a constant it makes once, or, where it depends on that run's
  // inputs, state: refused.
  const Recording* earlier = nullptr;
};

// Runs the forward once. Throws base::Error: refused (see above), or usage quoting what LibTorch says when the forward
// does not take these inputs.
[[nodiscard]] Recording record(const torch::nn::Module& root, const Forward& forward,
                               const std::vector<at::Tensor>& inputs, const graph::Dim::Sizes& sizes,
                               const RecorderOptions& options = {});

// The graph's dtype; throws base::Error (refused, at `where`) for dtypes that Octavo does not compile.
[[nodiscard]] graph::DType dtype_of(const at::Tensor& tensor, const base::Place& where = {});
// One line of what LibTorch says, without its own source places.
[[nodiscard]] std::string first_line(const std::exception& error);

}  // namespace octavo::observe
