// The operators of single elements, and of a row onto the u8 grid.
#pragma once

#include <string>
#include <vector>

#include "codegen/graph/graph.h"
#include "tests/passes/reference/array.h"

namespace octavo::test {

[[nodiscard]] double unary(const std::string& op, double x, const graph::Call& call);
[[nodiscard]] double binary(const std::string& op, double a, double b, graph::DType dtype);
[[nodiscard]] double activate(const std::string& activation, double x, const graph::Call& call);

// value + residual in float: the last step of a product.
[[nodiscard]] double plus(double value, const Array* residual, size_t at);

struct Quantised {
  std::vector<double> q;
  double scale;
};
// One row as runtime/kernels/quantize_rows says; about 0, the steps of the grid about 128. static_scale 0: the row's own.
[[nodiscard]] Quantised quantise(const double* x, int64_t k, double static_scale, double zero_point);

// What a call says of its grid, and what holds where it says nothing.
[[nodiscard]] double zero_point(const graph::Call& call);
[[nodiscard]] double static_scale(const graph::Call& call);

}  // namespace octavo::test
