#include "tests/passes/reference.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <set>
#include <stdexcept>

namespace octavo::test {

namespace {

using graph::Call;
using graph::DType;
using Sizes = graph::Dim::Sizes;
using Index = std::vector<int64_t>;

int64_t count(const Index& shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

Index strides_of(const Index& shape) {
  Index strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

Index unravel(int64_t at, const Index& shape) {
  Index index(shape.size());
  for (size_t i = shape.size(); i-- > 0;) index[i] = at % shape[i], at /= shape[i];
  return index;
}

// The element of `x` at `index` of a tensor that x broadcasts to.
double at(const Array& x, const Index& index) {
  const Index strides = strides_of(x.shape);
  int64_t offset = 0;
  for (size_t i = 0; i < x.shape.size(); ++i) {
    if (x.shape[i] != 1) offset += index[index.size() - x.shape.size() + i] * strides[i];
  }
  return x.data[static_cast<size_t>(offset)];
}

double rounded(double value, DType dtype) {
  return dtype == DType::f32 ? static_cast<double>(static_cast<float>(value)) : value;
}

double unary(const std::string& op, double x, const Call& call) {
  if (op == "neg") return -x;
  if (op == "abs") return std::abs(x);
  if (op == "exp") return std::exp(x);
  if (op == "log") return std::log(x);
  if (op == "sqrt") return std::sqrt(x);
  if (op == "rsqrt") return 1 / std::sqrt(x);
  if (op == "tanh") return std::tanh(x);
  if (op == "sigmoid") return 1 / (1 + std::exp(-x));
  if (op == "relu") return x > 0 ? x : 0;
  if (op == "silu") return x / (1 + std::exp(-x));
  if (op == "erf") return std::erf(x);
  if (op == "sin") return std::sin(x);
  if (op == "cos") return std::cos(x);
  if (op == "logical_not") return x == 0 ? 1 : 0;
  if (op == "gelu" && call.string_or("approximate", "none") == "none")
    return x * 0.5 * (1 + std::erf(x / std::sqrt(2.0)));
  if (op == "gelu") return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  throw std::logic_error("reference: " + op);
}

double binary(const std::string& op, double a, double b, DType dtype) {
  if (op == "add") return a + b;
  if (op == "sub") return a - b;
  if (op == "mul") return a * b;
  if (op == "div") return dtype == DType::f32 ? a / b : std::trunc(a / b);
  if (op == "maximum") return std::max(a, b);
  if (op == "minimum") return std::min(a, b);
  if (op == "pow") return std::pow(a, b);
  if (op == "eq") return a == b ? 1 : 0;
  if (op == "ne") return a != b ? 1 : 0;
  if (op == "lt") return a < b ? 1 : 0;
  if (op == "le") return a <= b ? 1 : 0;
  if (op == "gt") return a > b ? 1 : 0;
  if (op == "ge") return a >= b ? 1 : 0;
  if (op == "logical_and") return a != 0 && b != 0 ? 1 : 0;
  if (op == "logical_or") return a != 0 || b != 0 ? 1 : 0;
  throw std::logic_error("reference: " + op);
}

double activate(const std::string& activation, double x, const Call& call) {
  if (activation == "none") return x;
  if (activation == "gelu_erf") return rounded(unary("gelu", x, {}), DType::f32);
  Call tanh;
  tanh.attributes["approximate"] = std::string("tanh");
  if (activation == "gelu_tanh") return rounded(unary("gelu", x, tanh), DType::f32);
  return rounded(unary(activation, x, call), DType::f32);
}

struct Quantised {
  std::vector<double> q;
  double scale;
};
// One row as runtime/kernels/quantize_rows says; about 0, the steps of the grid about 128.
Quantised quantise(const double* x, int64_t k, double static_scale, double zero_point) {
  const bool symmetric = zero_point == 0 || zero_point == 128;
  const float top = symmetric ? 127.0F : static_cast<float>(255 - zero_point);
  const float bottom = symmetric ? 127.0F : static_cast<float>(zero_point);
  float peak = 0;
  for (int64_t i = 0; i < k; ++i) {
    const auto value = static_cast<float>(x[i]);
    peak = std::max(peak, value > 0 ? value : -value * (top / bottom));
  }
  const float scale = static_scale > 0 ? static_cast<float>(static_scale) : peak / top;
  const float inverse = static_scale > 0 ? 1.0F / scale : (peak > 0 ? top / peak : 0.0F);
  Quantised result{{}, scale};
  for (int64_t i = 0; i < k; ++i) {
    result.q.push_back(zero_point + std::clamp(std::nearbyint(static_cast<float>(x[i]) * inverse), -bottom, top));
  }
  return result;
}

double zero_point(const Call& call) { return call.has("zero_point") ? call.number("zero_point") : 128.0; }
double static_scale(const Call& call) { return call.has("static_scale") ? call.number("static_scale") : 0.0; }

class Evaluator {
 public:
  Evaluator(const graph::Graph& graph, const Sizes& sizes)
      : graph_(graph), sizes_(sizes), values_(graph.values.size()) {}
  std::vector<Array>& values() { return values_; }

  void run(const Call& call) {
    call_ = &call;
    out_ = &values_[static_cast<size_t>(call.results[0])];
    out_->shape = shape(call.results[0]);
    out_->data.assign(static_cast<size_t>(count(out_->shape)), 0);
    dispatch(call.op);
    const DType dtype = graph_.type(call.results[0]).dtype;
    for (double& value : out_->data) value = rounded(value, dtype);
  }

 private:
  const graph::Graph& graph_;
  const Sizes& sizes_;
  std::vector<Array> values_;
  const Call* call_ = nullptr;
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

  void dispatch(const std::string& op) {
    static const std::set<std::string> pairs = {"add", "sub", "mul", "div", "maximum", "minimum",     "pow",       "eq",
                                                "ne",  "lt",  "le",  "gt",  "ge",      "logical_and", "logical_or"};
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
    if (op == "sum" || op == "mean" || op == "max" || op == "min") return reduce(op);
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

  [[nodiscard]] double converted(double x) const {
    const DType dtype = graph_.type(call_->results[0]).dtype;
    if (dtype == DType::boolean) return x != 0 ? 1 : 0;
    return dtype == DType::f32 ? x : std::trunc(x);
  }
  void pairwise(const std::string& op) {
    const DType dtype = graph_.type(call_->operands[0]).dtype;
    const bool reversed = call_->has("reversed");
    each([&](const Index& i) {
      double a = at(in(0), i), b = given(1) ? at(in(1), i) : rounded(scalar("scalar"), dtype);
      if (reversed) std::swap(a, b);
      return binary(op, a, b, dtype);
    });
  }
  void where() {
    each([&](const Index& i) {
      const bool condition = at(in(0), i) != 0;
      if (call_->has(condition ? "scalar_a" : "scalar_b")) return scalar(condition ? "scalar_a" : "scalar_b");
      return at(in(condition || call_->has("scalar_a") ? 1 : 2), i);
    });
  }
  void permute() {
    const graph::Shape dims = call_->shape("dims");
    each([&](const Index& i) {
      Index from(i.size());
      for (size_t d = 0; d < i.size(); ++d) from[static_cast<size_t>(dims[d].evaluate(sizes_))] = i[d];
      return at(in(0), from);
    });
  }
  void slice() {
    const auto dim = static_cast<size_t>(number("dim"));
    const Index strides = strides_of(in(0).shape);
    each([&](const Index& i) {
      int64_t offset = 0;
      for (size_t d = 0; d < i.size(); ++d) {
        offset += (d == dim ? number("start") + i[d] * number("step") : i[d]) * strides[d];
      }
      return in(0).data.at(static_cast<size_t>(offset));
    });
  }
  void cat() {
    const auto dim = static_cast<size_t>(number("dim"));
    each([&](Index i) {
      size_t part = 0;
      while (i[dim] >= in(part).shape[dim]) i[dim] -= in(part++).shape[dim];
      const Index strides = strides_of(in(part).shape);
      return in(part).data[static_cast<size_t>(std::inner_product(i.begin(), i.end(), strides.begin(), int64_t{0}))];
    });
  }
  static double plus(double value, const Array* residual, size_t at) {
    return residual == nullptr ? value : static_cast<float>(static_cast<float>(value) + residual->data[at]);
  }
  void linear(const Array& x, const Array& w, const Array* bias, const Array* residual) {
    const int64_t k = w.shape[1], n = w.shape[0];
    const std::string activation = call_->string_or("activation", "none");
    for (int64_t row = 0; row < static_cast<int64_t>(x.data.size()) / k; ++row) {
      for (int64_t j = 0; j < n; ++j) {
        float sum = 0;
        for (int64_t i = 0; i < k; ++i) {
          sum = static_cast<float>(sum +
                                   x.data[static_cast<size_t>(row * k + i)] * w.data[static_cast<size_t>(j * k + i)]);
        }
        if (bias != nullptr) sum = static_cast<float>(sum + bias->data[static_cast<size_t>(j)]);
        const auto to = static_cast<size_t>(row * n + j);
        out_->data[to] = plus(activate(activation, sum, *call_), residual, to);
      }
    }
  }
  void matmul() {
    const int64_t k = in(0).shape.back();
    each([&](const Index& i) {
      Index a = i, b = i;
      float sum = 0;
      for (int64_t at_k = 0; at_k < k; ++at_k) {
        a.back() = at_k, b[b.size() - 2] = at_k;
        sum = static_cast<float>(sum + at(in(0), a) * at(in(1), b));
      }
      return static_cast<double>(sum);
    });
  }
  // One row of scores in place.
  static void softmax_row(std::vector<float>& row) {
    const float top = *std::max_element(row.begin(), row.end());
    float sum = 0;
    for (float& value : row) sum += value = static_cast<float>(std::exp(static_cast<double>(value - top)));
    for (float& value : row) value /= sum;
  }
  void softmax(int64_t dim) {
    if (dim != static_cast<int64_t>(out_->shape.size()) - 1)
      throw std::logic_error("reference: softmax of an inner dim");
    const int64_t n = out_->shape.back();
    for (size_t begin = 0; begin < out_->data.size(); begin += static_cast<size_t>(n)) {
      std::vector<float> row(in(0).data.begin() + static_cast<std::ptrdiff_t>(begin),
                             in(0).data.begin() + static_cast<std::ptrdiff_t>(begin) + n);
      softmax_row(row);
      std::copy(row.begin(), row.end(), out_->data.begin() + static_cast<std::ptrdiff_t>(begin));
    }
  }
  // An operand of attention, on the grid of each row of a head where it has a scale.
  Array attended(size_t operand, int64_t d, const char* scale) {
    Array x = in(operand);
    if (scale == nullptr) return x;
    const double given = call_->has(scale) ? call_->number(scale) : 0;
    for (size_t begin = 0; begin < x.data.size(); begin += static_cast<size_t>(d)) {
      const Quantised row = quantise(&x.data[begin], d, given, 0);
      for (size_t i = 0; i < static_cast<size_t>(d); ++i) x.data[begin + i] = row.scale * row.q[i];
    }
    return x;
  }
  void attention() {
    const int64_t heads = number("heads"), d = in(0).shape[2] / heads, q_len = in(0).shape[1], k_len = in(1).shape[1];
    const bool causal = call_->has("causal") && call_->boolean("causal");
    const auto scale = static_cast<float>(call_->number("scale"));
    const auto flag = [&](const char* name) { return call_->has(name) && call_->boolean(name); };
    const std::array<Array, 3> x = {attended(0, d, flag("int8_scores") ? "q_scale" : nullptr),
                                    attended(1, d, flag("int8_scores") ? "k_scale" : nullptr),
                                    attended(2, d, flag("int8_context") ? "v_scale" : nullptr)};
    each([&](const Index& i) {  // an element at a time: slow and plain
      const int64_t head = i[2] / d;
      std::vector<float> row;
      for (int64_t j = 0; j < k_len; ++j) {
        float sum = 0;
        for (int64_t at_d = head * d; at_d < (head + 1) * d; ++at_d) {
          sum = static_cast<float>(sum + at(x[0], {i[0], i[1], at_d}) * at(x[1], {i[0], j, at_d}));
        }
        sum *= scale;
        if (given(3)) sum = static_cast<float>(sum + at(in(3), {i[0], head, i[1], j}));
        if (causal && j > i[1] + k_len - q_len) sum = -std::numeric_limits<float>::infinity();
        row.push_back(sum);
      }
      softmax_row(row);
      float sum = 0;
      for (int64_t j = 0; j < k_len; ++j)
        sum = static_cast<float>(sum + row[static_cast<size_t>(j)] * at(x[2], {i[0], j, i[2]}));
      return static_cast<double>(sum);
    });
  }
  void layer_norm() {
    const int64_t n = out_->shape.back();
    for (size_t begin = 0; begin < out_->data.size(); begin += static_cast<size_t>(n)) {
      std::vector<float> x;
      for (int64_t i = 0; i < n; ++i) {
        const size_t from = begin + static_cast<size_t>(i);
        x.push_back(static_cast<float>(in(0).data[from] + (given(3) ? in(3).data[from] : 0)));
      }
      double mean = 0, variance = 0;
      for (const float value : x) mean += value / static_cast<double>(n);
      for (const float value : x) variance += (value - mean) * (value - mean) / static_cast<double>(n);
      for (int64_t i = 0; i < n; ++i) {
        double y = (x[static_cast<size_t>(i)] - mean) / std::sqrt(variance + scalar("eps"));
        if (given(1)) y *= in(1).data[static_cast<size_t>(i)];
        if (given(2)) y += in(2).data[static_cast<size_t>(i)];
        out_->data[begin + static_cast<size_t>(i)] = rounded(y, DType::f32);
      }
    }
    if (call_->has("quantize")) quantize_rows(*out_, 1);
  }
  void reduce(const std::string& op) {
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
      value = first ? x : op == "max" ? std::max(value, x) : op == "min" ? std::min(value, x) : value + x;
    }
    if (op != "mean") return;
    for (size_t i = 0; i < out_->data.size(); ++i) out_->data[i] /= seen[i];
  }
  void cumsum() {
    const auto dim = static_cast<size_t>(number("dim"));
    const int64_t step = strides_of(out_->shape)[dim];
    for (int64_t i = 0; i < count(out_->shape); ++i) {
      const bool first = unravel(i, out_->shape)[dim] == 0;
      out_->data[static_cast<size_t>(i)] =
          in(0).data[static_cast<size_t>(i)] + (first ? 0 : out_->data[static_cast<size_t>(i - step)]);
    }
  }
  void embedding_sum(const std::vector<size_t>& ids, const std::vector<size_t>& tables) {
    each([&](Index i) {
      const int64_t column = i.back();
      i.pop_back();
      float sum = 0;
      for (size_t term = 0; term < ids.size(); ++term) {
        const auto row = static_cast<int64_t>(at(in(ids[term]), i));
        const double value = in(tables[term]).data.at(static_cast<size_t>(row * out_->shape.back() + column));
        sum = term == 0 ? static_cast<float>(value) : static_cast<float>(sum + value);
      }
      return static_cast<double>(sum);
    });
  }
  // Rows of x into the results `first` (u8) and `first + 1` (scales).
  void quantize_rows(const Array& x, size_t first) {
    const int64_t k = x.shape.back();
    Array& q = values_[static_cast<size_t>(call_->results[first])];
    Array& scale = values_[static_cast<size_t>(call_->results[first + 1])];
    q = {x.shape, {}};
    scale = {Index(x.shape.begin(), x.shape.end() - 1), {}};
    for (size_t begin = 0; begin < x.data.size(); begin += static_cast<size_t>(k)) {
      // What a product quantises has a zero point beside that of its input.
      const double about = !call_->has("quantize") || call_->op != "linear_s8" ? zero_point(*call_)
                           : call_->has("quantize_zero_point")                 ? call_->number("quantize_zero_point")
                                                                               : 128.0;
      const Quantised row = quantise(&x.data[begin], k, static_scale(*call_), about);
      q.data.insert(q.data.end(), row.q.begin(), row.q.end());
      scale.data.push_back(row.scale);
    }
  }
  void fake_quantize() {
    const int64_t k = out_->shape.back();
    for (size_t begin = 0; begin < out_->data.size(); begin += static_cast<size_t>(k)) {
      const Quantised row = quantise(&in(0).data[begin], k, static_scale(*call_), 0);
      for (int64_t i = 0; i < k; ++i)
        out_->data[begin + static_cast<size_t>(i)] = row.scale * row.q[static_cast<size_t>(i)];
    }
  }
  // Weights per output channel, within 127.
  void linear_s8() {
    const Array &q = in(0), &q_scale = in(1), &w = in(2);
    const int64_t n = w.shape[0], k = w.shape[1];
    const auto about = static_cast<int64_t>(zero_point(*call_));
    Array y{q.shape, std::vector<double>(q_scale.data.size() * static_cast<size_t>(n))};
    y.shape.back() = n;
    for (int64_t j = 0; j < n; ++j) {
      const Quantised weight = quantise(&w.data[static_cast<size_t>(j * k)], k, 0, 0);
      for (size_t row = 0; row < q_scale.data.size(); ++row) {
        int64_t sum = 0;
        for (int64_t i = 0; i < k; ++i) {
          sum += (static_cast<int64_t>(q.data[row * static_cast<size_t>(k) + static_cast<size_t>(i)]) - about) *
                 static_cast<int64_t>(weight.q[static_cast<size_t>(i)]);
        }
        const auto scaled = static_cast<float>(static_cast<float>(sum) * static_cast<float>(q_scale.data[row]));
        const double bias = given(3) ? in(3).data[static_cast<size_t>(j)] : 0;
        const auto sum_and_bias = static_cast<float>(scaled * weight.scale + bias);
        const size_t to = row * static_cast<size_t>(n) + static_cast<size_t>(j);
        y.data[to] = plus(activate(call_->string_or("activation", "none"), sum_and_bias, *call_),
                          given(4) ? &in(4) : nullptr, to);
      }
    }
    call_->has("quantize") ? quantize_rows(y, 0) : void(*out_ = std::move(y));
  }
};

}  // namespace

Arrays evaluate(const graph::Graph& graph, const Arrays& given, const Sizes& sizes) {
  Evaluator evaluator(graph, sizes);
  for (const graph::ValueId id : graph.inputs) {
    evaluator.values()[static_cast<size_t>(id)] = given.at(graph.value_name(id));
  }
  for (const graph::Weight& weight : graph.weights) {
    Array& whole = evaluator.values()[static_cast<size_t>(weight.value)];
    for (const std::string& tensor : weight.tensors) {
      const Array& part = given.at(tensor);
      if (whole.data.empty()) {
        whole = part;
        continue;
      }
      whole.shape[0] += part.shape[0];
      whole.data.insert(whole.data.end(), part.data.begin(), part.data.end());
    }
  }
  for (const Call& call : graph.calls) evaluator.run(call);
  Arrays outputs;
  for (const graph::Output& output : graph.outputs) {
    outputs[output.name] = evaluator.values()[static_cast<size_t>(output.value)];
  }
  return outputs;
}

Arrays random_arrays(const graph::Graph& graph, const Sizes& sizes, uint32_t seed, int64_t limit) {
  std::mt19937 random(seed);
  Arrays arrays;
  const auto add = [&](const std::string& name, const graph::Type& type) {
    Array array;
    for (const graph::Dim& dim : type.shape) array.shape.push_back(dim.evaluate(sizes));
    for (int64_t i = 0; i < count(array.shape); ++i) {
      const double unit = std::uniform_real_distribution<float>(-1, 1)(random);
      const int64_t whole = static_cast<int64_t>(random() % static_cast<uint32_t>(limit));
      array.data.push_back(type.dtype == DType::f32       ? rounded(unit, DType::f32)
                           : type.dtype == DType::boolean ? static_cast<double>(whole % 2)
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
