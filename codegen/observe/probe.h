// From a model to its graph: runs the forward at several sets of sizes and unifies what was recorded.
#pragma once

#include <string>
#include <vector>

#include "base/safetensors.h"
#include "codegen/calibrate/inputs.h"
#include "codegen/calibrate/samples.h"
#include "codegen/observe/recorder.h"
#include "octavo/observe.h"

namespace octavo::observe {

struct Traced {
  graph::Graph graph;
  std::vector<std::pair<std::string, at::Tensor>> tensors;  // what the graph's weights name, contiguous
};

struct TraceOptions {
  std::string name;
  std::vector<std::string> output_names;  // empty: output, or output.0, output.1, …
  std::vector<std::string> sources;
};

// Throws base::Error: usage for inputs that the forward does not take, refused for what cannot be compiled.
[[nodiscard]] Traced trace(const Program& program, const std::vector<calibrate::InputDecl>& inputs,
                           const TraceOptions& options);

// `output` for a single tensor, else output.0, …; or the given names, whose number must fit.
[[nodiscard]] std::vector<std::string> output_names(const Outputs& outputs, const std::vector<std::string>& given);

// Deterministic inputs that any model takes: masks of ones, small ids, small floats.
[[nodiscard]] std::vector<at::Tensor> plain_inputs(const std::vector<calibrate::InputDecl>& inputs,
                                                   const graph::Dim::Sizes& sizes);
[[nodiscard]] at::Tensor to_tensor(const calibrate::SampleTensor& sample);
[[nodiscard]] at::ScalarType scalar_type(graph::DType dtype);

// As safetensors wants them; the tensors must be contiguous and outlive the result.
[[nodiscard]] std::vector<base::TensorToWrite> to_write(const std::vector<std::pair<std::string, at::Tensor>>& tensors);

}  // namespace octavo::observe
