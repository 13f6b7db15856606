#include "codegen/passes/infer.h"

#include <algorithm>
#include <functional>

namespace octavo::passes {

namespace {

using graph::Call;

class Inference {
 public:
  Inference(const Graph& graph, const Call& call) : graph_(graph), call(call) {}
  const Graph& graph_;
  const Call& call;

  [[noreturn]] void fail(const std::string& cause) const {
    throw base::Error(base::Exit::internal, call.where, call.op + ": " + cause);
  }
  [[nodiscard]] bool given(size_t i) const { return i < call.operands.size() && call.operands[i] != kNone; }
  [[nodiscard]] const Type& in(size_t i) const {
    if (!given(i)) fail("operand " + std::to_string(i) + " is missing");
    return graph_.type(call.operands[i]);
  }
  [[nodiscard]] size_t dim(const std::string& key, size_t rank) const {
    return static_cast<size_t>(wrap_dim(call.integer(key), rank, call.where));
  }
};
using Inferred = std::function<std::vector<Type>(const Inference&)>;

std::vector<Type> like_first(const Inference& i) { return {i.in(0)}; }

std::vector<Type> elementwise(const Inference& i) {
  Type type = i.in(0);
  if (i.given(1)) type.shape = broadcast(type.shape, i.in(1).shape, i.call.where);
  return {type};
}

std::vector<Type> predicate(const Inference& i) { return {{DType::boolean, elementwise(i)[0].shape}}; }

std::vector<Type> where(const Inference& i) {
  Type type{DType::f32, i.in(0).shape};
  for (size_t choice = 1; choice < i.call.operands.size(); ++choice) {
    type = {i.in(choice).dtype, broadcast(type.shape, i.in(choice).shape, i.call.where)};
  }
  return {type};
}

std::vector<Type> cast(const Inference& i) { return {{graph::dtype_from_name(i.call.string("dtype")), i.in(0).shape}}; }

std::vector<Type> reshape(const Inference& i) {
  const Shape& shape = i.call.shape("shape");
  if (!same_count(i.in(0).shape, shape)) {
    i.fail("cannot view " + text(i.in(0).shape) + " as " + text(shape));
  }
  return {{i.in(0).dtype, shape}};
}

std::vector<Type> permute(const Inference& i) {
  const Type& x = i.in(0);
  Type type{x.dtype, {}};
  std::vector<bool> seen(x.shape.size(), false);
  for (const Dim& dim : i.call.shape("dims")) {
    const auto at = dim.constant();
    if (!at || *at < 0 || static_cast<size_t>(*at) >= seen.size() || seen[static_cast<size_t>(*at)]) {
      i.fail("dims are not a permutation of the operand's");
    }
    seen[static_cast<size_t>(*at)] = true;
    type.shape.push_back(x.shape[static_cast<size_t>(*at)]);
  }
  if (type.shape.size() != x.shape.size()) i.fail("dims are not a permutation of the operand's");
  return {type};
}

std::vector<Type> expand(const Inference& i) {
  const Shape& shape = i.call.shape("shape");
  if (broadcast(i.in(0).shape, shape, i.call.where) != shape) i.fail("the operand is larger than the shape");
  return {{i.in(0).dtype, shape}};
}

std::vector<Type> slice(const Inference& i) {
  Type type = i.in(0);
  const int64_t step = i.call.integer("step");
  if (step < 1) i.fail("step is " + std::to_string(step));
  const Dim length = i.call.dim("end") - i.call.dim("start");
  type.shape[i.dim("dim", type.shape.size())] = (length + Dim(step - 1)).floor_quotient(step);
  return {type};
}

std::vector<Type> gather(const Inference& i) {
  if (i.in(0).shape.size() != i.in(1).shape.size()) i.fail("the index has another number of dims");
  return {{i.in(0).dtype, i.in(1).shape}};
}

std::vector<Type> scatter(const Inference& i) {
  if (i.in(0).shape.size() != i.in(1).shape.size()) i.fail("the index has another number of dims");
  return {i.in(0)};
}

std::vector<Type> sort(const Inference& i) {
  Type values = i.in(0);
  values.shape.at(i.dim("dim", values.shape.size())) = i.call.dim("count");
  return {values, {DType::i64, values.shape}};
}

std::vector<Type> cat(const Inference& i) {
  Type type = i.in(0);
  const size_t dim = i.dim("dim", type.shape.size());
  for (size_t part = 1; part < i.call.operands.size(); ++part) {
    type.shape[dim] = type.shape[dim] + i.in(part).shape[dim];
  }
  return {type};
}

void check_residual(const Inference& i, size_t operand, const Type& type) {
  if (i.call.operands.size() > operand && !(i.in(operand) == type)) {
    i.fail("the residual " + text(i.in(operand).shape) + " is not like the result " + text(type.shape));
  }
}

std::vector<Type> linear(const Inference& i) {
  Type type = i.in(0);
  const Shape& weight = i.in(1).shape;
  if (weight.size() != 2 || type.shape.empty() || !(type.shape.back() == weight[1])) {
    i.fail("weight " + text(weight) + " does not fit input " + text(type.shape));
  }
  type.shape.back() = weight[0];
  check_residual(i, 3, type);
  return {type};
}

// Rows of u8 and a scale a row.
std::vector<Type> quantised(const Shape& x) { return {{DType::u8, x}, {DType::f32, {x.begin(), x.end() - 1}}}; }

std::vector<Type> linear_s8(const Inference& i) {
  Type type{DType::f32, i.in(0).shape};
  type.shape.back() = i.in(2).shape[0];
  check_residual(i, 4, type);
  if (i.call.has("quantize")) return quantised(type.shape);
  return {type};
}

std::vector<Type> embedding(const Inference& i) {
  Type type{i.in(0).dtype, i.in(1).shape};
  type.shape.push_back(i.in(0).shape.at(1));
  return {type};
}

std::vector<Type> embedding_sum(const Inference& i) {
  const auto terms = static_cast<size_t>(i.call.integer("terms"));
  if (i.call.operands.size() != 2 * terms) i.fail("needs ids and a table a term");
  Type type{DType::f32, {}};
  for (size_t term = 0; term < terms; ++term) {
    type.shape = broadcast(type.shape, i.in(term).shape, i.call.where);
  }
  type.shape.push_back(i.in(terms).shape.at(1));
  return {type};
}

std::vector<Type> matmul(const Inference& i) {
  const Shape &a = i.in(0).shape, &b = i.in(1).shape;
  if (a.size() < 2 || b.size() < 2 || !(a.back() == b[b.size() - 2])) {
    i.fail("cannot multiply " + text(a) + " by " + text(b));
  }
  Type type{i.in(0).dtype, broadcast({a.begin(), a.end() - 2}, {b.begin(), b.end() - 2}, i.call.where)};
  type.shape.push_back(a[a.size() - 2]);
  type.shape.push_back(b.back());
  return {type};
}

std::vector<Type> reduce(const Inference& i) {
  const Shape& x = i.in(0).shape;
  std::vector<bool> reduced(x.size(), false);
  for (const Dim& dim : i.call.shape("dims")) reduced.at(static_cast<size_t>(dim.constant().value())) = true;
  Type type{i.in(0).dtype, {}};
  for (size_t d = 0; d < x.size(); ++d) {
    if (!reduced[d]) {
      type.shape.push_back(x[d]);
    } else if (i.call.boolean("keepdim")) {
      type.shape.emplace_back(1);
    }
  }
  return {type};
}

std::vector<Type> quantize_rows(const Inference& i) { return quantised(i.in(0).shape); }

std::vector<Type> layer_norm(const Inference& i) {
  if (!i.call.has("quantize")) return {i.in(0)};
  std::vector<Type> types = quantize_rows(i);
  types.insert(types.begin(), i.in(0));
  return types;
}

const std::map<std::string, Inferred>& rules() {
  static const std::map<std::string, Inferred> table = [] {
    std::map<std::string, Inferred> rules = {{"reshape", reshape},
                                             {"permute", permute},
                                             {"expand", expand},
                                             {"slice", slice},
                                             {"cat", cat},
                                             {"gather", gather},
                                             {"scatter", scatter},
                                             {"sort", sort},
                                             {"where", where},
                                             {"cast", cast},
                                             {"linear", linear},
                                             {"embedding", embedding},
                                             {"embedding_sum", embedding_sum},
                                             {"matmul", matmul},
                                             {"linear_s8", linear_s8},
                                             {"layer_norm", layer_norm},
                                             {"quantize_rows", quantize_rows},
                                             {"arange", nullptr},
                                             {"full", nullptr}};
    for (const char* op :
         {"copy", "neg",  "abs", "exp", "log", "sqrt",    "rsqrt",  "tanh",     "sigmoid",       "relu",
          "silu", "gelu", "erf", "sin", "cos", "softmax", "cumsum", "quantize", "fake_quantize", "attention"}) {
      rules[op] = like_first;
    }
    for (const char* op : {"add", "sub", "mul", "div", "maximum", "minimum", "pow", "fmod", "floor_divide"})
      rules[op] = elementwise;
    for (const char* op : {"eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_not"}) {
      rules[op] = predicate;
    }
    for (const char* op : {"sum", "mean", "max", "min", "prod"}) rules[op] = reduce;
    return rules;
  }();
  return table;
}

}  // namespace

bool in_vocabulary(const std::string& op) { return rules().contains(op); }

std::vector<Type> infer(const Graph& graph, const Call& call) {
  const auto found = rules().find(call.op);
  if (found == rules().end()) {
    throw base::Error(base::Exit::internal, call.where, "'" + call.op + "' is not in the vocabulary");
  }
  if (!found->second) return {};
  return found->second(Inference(graph, call));
}

Shape broadcast(const Shape& a, const Shape& b, const base::Place& where) {
  Shape result(std::max(a.size(), b.size()));
  for (size_t i = 1; i <= result.size(); ++i) {
    const Dim left = i <= a.size() ? a[a.size() - i] : Dim(1);
    const Dim right = i <= b.size() ? b[b.size() - i] : Dim(1);
    if (!(left == right) && !left.is(1) && !right.is(1)) {
      throw base::Error(base::Exit::refused, where,
                        "shapes " + text(a) + " and " + text(b) + " do not broadcast for every size");
    }
    result[result.size() - i] = left.is(1) ? right : left;
  }
  return result;
}

int64_t wrap_dim(int64_t dim, size_t rank, const base::Place& where) {
  const auto size = static_cast<int64_t>(rank);
  if (dim < -size || dim >= size) {
    throw base::Error(base::Exit::refused, where,
                      "dim " + std::to_string(dim) + " of a tensor of " + std::to_string(rank) + " dims");
  }
  return dim < 0 ? dim + size : dim;
}

bool same_count(const Shape& a, const Shape& b) {
  // Equal dims cancel first: quotients cannot be multiplied, and most reshapes keep them.
  Shape left = a, right;
  for (const Dim& dim : b) {
    const auto found = std::find(left.begin(), left.end(), dim);
    if (found == left.end()) {
      right.push_back(dim);
    } else {
      left.erase(found);
    }
  }
  return product(left) == product(right);
}

}  // namespace octavo::passes
