#include <cmath>
#include <set>
#include <utility>

#include "tests/passes/reference/evaluator.h"
#include "tests/passes/reference/scalar.h"

namespace octavo::test {

using graph::DType;

double Evaluator::converted(double x) const {
  const DType dtype = graph_.type(call_->results[0]).dtype;
  if (dtype == DType::boolean) return x != 0 ? 1 : 0;
  return dtype == DType::f32 ? x : std::trunc(x);
}

void Evaluator::pairwise(const std::string& op) {
  const DType dtype = graph_.type(call_->operands[0]).dtype;
  const bool reversed = call_->has("reversed");
  each([&](const Index& i) {
    double a = at(in(0), i), b = given(1) ? at(in(1), i) : rounded(scalar("scalar"), dtype);
    if (reversed) std::swap(a, b);
    return binary(op, a, b, dtype);
  });
}

void Evaluator::where() {
  each([&](const Index& i) {
    const bool condition = at(in(0), i) != 0;
    if (call_->has(condition ? "scalar_a" : "scalar_b")) return scalar(condition ? "scalar_a" : "scalar_b");
    return at(in(condition || call_->has("scalar_a") ? 1 : 2), i);
  });
}

void Evaluator::reduce(const std::string& op) {
  std::set<size_t> dims;
  for (const graph::Dim& dim : call_->shape("dims")) dims.insert(static_cast<size_t>(dim.evaluate(sizes_)));
  std::vector<int> seen(out_->data.size(), 0);
  for (int64_t i = 0; i < count(in(0).shape); ++i) {
    int64_t to = 0;
    const Index index = unravel(i, in(0).shape);
    for (size_t d = 0; d < index.size(); ++d) {
      if (!dims.contains(d)) to = to * in(0).shape[d] + index[d];
    }
    double& value = out_->data[static_cast<size_t>(to)];
    const double x = in(0).data[static_cast<size_t>(i)];
    const bool first = seen[static_cast<size_t>(to)]++ == 0;
    value = first          ? x
            : op == "max"  ? std::max(value, x)
            : op == "min"  ? std::min(value, x)
            : op == "prod" ? value * x
                           : value + x;
  }
  if (op != "mean") return;
  for (size_t i = 0; i < out_->data.size(); ++i) out_->data[i] /= seen[i];
}

void Evaluator::cumsum() {
  const auto dim = static_cast<size_t>(number("dim"));
  const int64_t step = strides_of(out_->shape)[dim];
  for (int64_t i = 0; i < count(out_->shape); ++i) {
    const bool first = unravel(i, out_->shape)[dim] == 0;
    out_->data[static_cast<size_t>(i)] =
        in(0).data[static_cast<size_t>(i)] + (first ? 0 : out_->data[static_cast<size_t>(i - step)]);
  }
}

}  // namespace octavo::test
