#include "tests/passes/reference/evaluator.h"

#include <numeric>
#include <set>

#include "tests/passes/reference/scalar.h"

namespace octavo::test {

void Evaluator::run(const graph::Call& call) {
  call_ = &call;
  out_ = &values_[static_cast<size_t>(call.results[0])];
  out_->shape = shape(call.results[0]);
  out_->data.assign(static_cast<size_t>(count(out_->shape)), 0);
  dispatch(call.op);
  const graph::DType dtype = graph_.type(call.results[0]).dtype;
  for (double& value : out_->data) value = rounded(value, dtype);
}

void Evaluator::dispatch(const std::string& op) {
  static const std::set<std::string> pairs = {"add", "sub",  "mul",          "div",         "maximum",   "minimum",
                                              "pow", "fmod", "floor_divide", "eq",          "ne",        "lt",
                                              "le",  "gt",   "ge",           "logical_and", "logical_or"};
  if (pairs.contains(op)) return pairwise(op);
  if (op == "reshape" || op == "copy") return void(out_->data = in(0).data);
  if (op == "cast") return each([&](const Index& i) { return converted(at(in(0), i)); });
  if (op == "expand") return each([&](const Index& i) { return at(in(0), i); });
  if (op == "permute") return permute();
  if (op == "slice") return slice();
  if (op == "cat") return cat();
  if (op == "where") return where();
  if (op == "full") {
    const bool size = std::holds_alternative<graph::Dim>(call_->attributes.at("value"));
    const double value = size ? static_cast<double>(number("value")) : scalar("value");
    return each([&](const Index&) { return value; });
  }
  if (op == "arange") {
    return each([&](const Index& i) { return static_cast<double>(number("start") + i[0] * number("step")); });
  }
  if (op == "linear") return linear(in(0), in(1), given(2) ? &in(2) : nullptr, given(3) ? &in(3) : nullptr);
  if (op == "matmul") return matmul();
  if (op == "softmax") return softmax(number("dim"));
  if (op == "layer_norm") return layer_norm();
  if (op == "sum" || op == "mean" || op == "max" || op == "min" || op == "prod") return reduce(op);
  if (op == "cumsum") return cumsum();
  if (op == "embedding") return embedding_sum({1}, {0});
  if (op == "embedding_sum") {
    std::vector<size_t> ids(static_cast<size_t>(number("terms"))), tables(ids.size());
    std::iota(ids.begin(), ids.end(), 0);
    std::iota(tables.begin(), tables.end(), ids.size());
    return embedding_sum(ids, tables);
  }
  if (op == "attention") return attention();
  if (op == "quantize") return void(out_->data = in(0).data);
  if (op == "fake_quantize") return fake_quantize();
  if (op == "quantize_rows") return quantize_rows(in(0), 0);
  if (op == "linear_s8") return linear_s8();
  each([&](const Index& i) { return unary(op, at(in(0), i), *call_); });
}

}  // namespace octavo::test
