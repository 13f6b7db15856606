#include "tests/passes/reference/reference.h"

#include <cmath>
#include <limits>

#include "tests/passes/reference/evaluator.h"

namespace octavo::test {

namespace {

// Its dims in another order; an empty one is as it is.
Array turned(const Array& x, const std::vector<int64_t>& order) {
  if (order.empty()) return x;
  Array result;
  for (const int64_t dim : order) result.shape.push_back(x.shape.at(static_cast<size_t>(dim)));
  for (size_t i = 0; i < x.data.size(); ++i) {
    const Index at = unravel(static_cast<int64_t>(i), result.shape);
    Index from(at.size());
    for (size_t d = 0; d < at.size(); ++d) from[static_cast<size_t>(order[d])] = at[d];
    int64_t offset = 0;
    const Index strides = strides_of(x.shape);
    for (size_t d = 0; d < from.size(); ++d) offset += from[d] * strides[d];
    result.data.push_back(x.data[static_cast<size_t>(offset)]);
  }
  return result;
}

}  // namespace

Arrays evaluate(const graph::Graph& graph, const Arrays& given, const graph::Dim::Sizes& sizes) {
  Evaluator evaluator(graph, sizes);
  for (const graph::ValueId id : graph.inputs) {
    evaluator.values()[static_cast<size_t>(id)] = given.at(graph.value_name(id));
  }
  for (const graph::Weight& weight : graph.weights) {
    Array& whole = evaluator.values()[static_cast<size_t>(weight.value)];
    for (const std::string& tensor : weight.tensors) {
      const Array part = turned(given.at(tensor), weight.order);
      if (whole.data.empty()) {
        whole = part;
        continue;
      }
      whole.shape[0] += part.shape[0];
      whole.data.insert(whole.data.end(), part.data.begin(), part.data.end());
    }
  }
  for (const graph::Weight& weight : graph.weights) {
    if (weight.order.empty()) continue;
    Array& seen = evaluator.values()[static_cast<size_t>(weight.value)];
    seen.shape.clear();
    for (const graph::Dim& dim : graph.type(weight.value).shape) seen.shape.push_back(dim.evaluate(sizes));
  }
  for (const graph::Call& call : graph.calls) evaluator.run(call);
  Arrays outputs;
  for (const graph::Output& output : graph.outputs) {
    outputs[output.name] = evaluator.values()[static_cast<size_t>(output.value)];
  }
  return outputs;
}

Arrays random_arrays(const graph::Graph& graph, const graph::Dim::Sizes& sizes, uint32_t seed, int64_t limit) {
  std::mt19937 random(seed);
  Arrays arrays;
  const auto add = [&](const std::string& name, const graph::Type& type) {
    Array array;
    for (const graph::Dim& dim : type.shape) array.shape.push_back(dim.evaluate(sizes));
    for (int64_t i = 0; i < count(array.shape); ++i) {
      const double unit = std::uniform_real_distribution<float>(-1, 1)(random);
      const int64_t whole = static_cast<int64_t>(random() % static_cast<uint32_t>(limit));
      array.data.push_back(type.dtype == graph::DType::f32       ? rounded(unit, graph::DType::f32)
                           : type.dtype == graph::DType::boolean ? static_cast<double>(whole % 2)
                                                                 : static_cast<double>(whole));
    }
    arrays[name] = std::move(array);
  };
  for (const graph::ValueId id : graph.inputs) add(graph.value_name(id), graph.type(id));
  for (const graph::Weight& weight : graph.weights) add(weight.tensors.at(0), graph.type(weight.value));
  return arrays;
}

double largest_difference(const Arrays& a, const Arrays& b) {
  double largest = 0;
  for (const auto& [name, array] : a) {
    const auto other = b.find(name);
    if (other == b.end() || other->second.shape != array.shape) return std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < array.data.size(); ++i) {
      const double x = array.data[i], y = other->second.data[i];
      if (x == y) continue;  // NaN is never right, not even twice: it would hide every other difference
      largest = std::max(largest, std::isnan(x - y) ? std::numeric_limits<double>::infinity() : std::abs(x - y));
    }
  }
  return largest;
}

}  // namespace octavo::test
