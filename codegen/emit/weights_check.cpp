#include "codegen/emit/weights_check.h"

#include <algorithm>
#include <optional>

namespace octavo::emit {

using graph::DType;

namespace {

bool stores(const std::string& stored, DType dtype) {
  switch (dtype) {
    case DType::f32:
    case DType::f16:
    case DType::bf16:
      return stored == "F32" || stored == "F16" || stored == "BF16" || stored == "F64";
    case DType::i64:
      return stored == "I64";
    case DType::i32:
      return stored == "I32";
    case DType::u8:
      return stored == "U8";
    case DType::s8:
      return stored == "I8";
    case DType::boolean:
      return stored == "BOOL";
    case DType::f64:
      return false;  // nothing computes in f64
  }
  return false;
}

std::string shape_text(const std::vector<int64_t>& shape) {
  return graph::text(graph::Shape(shape.begin(), shape.end()));
}

// The shape of a tensor with its dims in the weight's order; nothing when it has another number of them.
std::optional<std::vector<int64_t>> turned(const graph::Weight& weight, const std::vector<int64_t>& stored) {
  if (weight.order.empty()) return stored;
  if (weight.order.size() != stored.size()) return std::nullopt;
  std::vector<int64_t> shape;
  for (const int64_t dim : weight.order) shape.push_back(stored[static_cast<size_t>(dim)]);
  return shape;
}

// What is wrong with one weight, or nothing.
std::string complaint(const graph::Graph& graph, const graph::Weight& weight, const base::Safetensors& tensors) {
  const graph::Type& type = graph.type(weight.value);
  const std::string expected = std::string(graph::name(type.dtype)) + graph::text(type.shape);
  std::vector<int64_t> together;
  for (const std::string& name : weight.tensors) {
    if (!tensors.contains(name)) return name + " is missing, " + expected + " is needed";
    const base::TensorInfo& info = tensors.tensors().at(name);
    if (!stores(info.dtype, type.dtype)) return name + " is " + info.dtype + ", " + expected + " is needed";
    const auto shape = turned(weight, info.shape);
    if (!shape) return name + " is " + shape_text(info.shape) + ", which has not the dims of its order";
    if (together.empty()) {
      together = *shape;
    } else if (shape->size() == together.size() &&
               std::equal(together.begin() + 1, together.end(), shape->begin() + 1)) {
      together[0] += shape->front();
    } else {
      return name + " is " + shape_text(info.shape) + ", which does not continue " + shape_text(together);
    }
  }
  const graph::Shape all(together.begin(), together.end());
  // In the order of its dims it is seen in another shape.
  const bool any_shape = !weight.order.empty() && std::is_sorted(weight.order.begin(), weight.order.end());
  if (any_shape ? graph::product(all) == graph::product(type.shape) : all == type.shape) return {};
  std::string names;
  for (const std::string& name : weight.tensors) names += (names.empty() ? "" : " ++ ") + name;
  return names + " is " + shape_text(together) + ", " + expected + " is needed";
}

}  // namespace

void check_weights(const graph::Graph& graph, const base::Safetensors& tensors) {
  std::string complaints;
  for (const graph::Weight& weight : graph.weights) {
    const std::string wrong = complaint(graph, weight, tensors);
    if (!wrong.empty()) complaints += "\n  " + wrong;
  }
  if (complaints.empty()) return;
  throw base::Error(base::Exit::refused, {}, "the tensors do not fit the graph:" + complaints,
                    "trace again, so that the graph and its tensors belong together");
}

}  // namespace octavo::emit
