// Calls of a graph, one after another, at concrete sizes.
#pragma once

#include <string>
#include <vector>

#include "codegen/graph/graph.h"
#include "tests/passes/reference/array.h"

namespace octavo::test {

class Evaluator {
 public:
  Evaluator(const graph::Graph& graph, const graph::Dim::Sizes& sizes)
      : graph_(graph), sizes_(sizes), values_(graph.values.size()) {}
  std::vector<Array>& values() { return values_; }
  void run(const graph::Call& call);

 private:
  const graph::Graph& graph_;
  const graph::Dim::Sizes& sizes_;
  std::vector<Array> values_;
  const graph::Call* call_ = nullptr;
  Array* out_ = nullptr;

  [[nodiscard]] Index shape(graph::ValueId id) const {
    Index result;
    for (const graph::Dim& dim : graph_.type(id).shape) result.push_back(dim.evaluate(sizes_));
    return result;
  }
  [[nodiscard]] bool given(size_t i) const { return i < call_->operands.size() && call_->operands[i] != graph::kNone; }
  [[nodiscard]] const Array& in(size_t i) const { return values_[static_cast<size_t>(call_->operands.at(i))]; }
  [[nodiscard]] int64_t number(const std::string& key) const { return call_->dim(key).evaluate(sizes_); }
  [[nodiscard]] double scalar(const std::string& key) const { return call_->number(key); }
  // Sets every element of the result by its index.
  template <typename Function>
  void each(const Function& function) {
    for (int64_t i = 0; i < static_cast<int64_t>(out_->data.size()); ++i) {
      out_->data[static_cast<size_t>(i)] = function(unravel(i, out_->shape));
    }
  }

  void dispatch(const std::string& op);

  // elementwise.cpp
  void pairwise(const std::string& op);
  void where();
  void reduce(const std::string& op);
  void cumsum();
  [[nodiscard]] double converted(double x) const;
  // movement.cpp
  void permute();
  void slice();
  void cat();
  void embedding_sum(const std::vector<size_t>& ids, const std::vector<size_t>& tables);
  // products.cpp
  void linear(const Array& x, const Array& w, const Array* bias, const Array* residual);
  void matmul();
  void softmax(int64_t dim);
  void attention();
  [[nodiscard]] Array attended(size_t operand, int64_t d, const char* scale) const;
  void layer_norm();
  // quantised.cpp
  void quantize_rows(const Array& x, size_t first);
  void fake_quantize();
  void linear_s8();
};

}  // namespace octavo::test
