#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "tests/passes/reference/evaluator.h"
#include "tests/passes/reference/scalar.h"

namespace octavo::test {

using graph::DType;

namespace {

// One row of scores in place.
void softmax_row(std::vector<float>& row) {
  const float top = *std::max_element(row.begin(), row.end());
  float sum = 0;
  for (float& value : row) sum += value = static_cast<float>(std::exp(static_cast<double>(value - top)));
  for (float& value : row) value /= sum;
}

}  // namespace

void Evaluator::linear(const Array& x, const Array& w, const Array* bias, const Array* residual) {
  const int64_t k = w.shape[1], n = w.shape[0];
  const std::string activation = call_->string_or("activation", "none");
  for (int64_t row = 0; row < static_cast<int64_t>(x.data.size()) / k; ++row) {
    for (int64_t j = 0; j < n; ++j) {
      float sum = 0;
      for (int64_t i = 0; i < k; ++i) {
        sum =
            static_cast<float>(sum + x.data[static_cast<size_t>(row * k + i)] * w.data[static_cast<size_t>(j * k + i)]);
      }
      if (bias != nullptr) sum = static_cast<float>(sum + bias->data[static_cast<size_t>(j)]);
      const auto to = static_cast<size_t>(row * n + j);
      out_->data[to] = plus(activate(activation, sum, *call_), residual, to);
    }
  }
}

void Evaluator::matmul() {
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

void Evaluator::softmax(int64_t dim) {
  if (dim != static_cast<int64_t>(out_->shape.size()) - 1) throw std::logic_error("reference: softmax of an inner dim");
  const int64_t n = out_->shape.back();
  for (size_t begin = 0; begin < out_->data.size(); begin += static_cast<size_t>(n)) {
    std::vector<float> row(in(0).data.begin() + static_cast<std::ptrdiff_t>(begin),
                           in(0).data.begin() + static_cast<std::ptrdiff_t>(begin) + n);
    softmax_row(row);
    std::copy(row.begin(), row.end(), out_->data.begin() + static_cast<std::ptrdiff_t>(begin));
  }
}

// An operand of attention, on the grid of each row of a head where it has a scale.
Array Evaluator::attended(size_t operand, int64_t d, const char* scale) const {
  Array x = in(operand);
  if (scale == nullptr) return x;
  const double given = call_->has(scale) ? call_->number(scale) : 0;
  for (size_t begin = 0; begin < x.data.size(); begin += static_cast<size_t>(d)) {
    const Quantised row = quantise(&x.data[begin], d, given, 0);
    for (size_t i = 0; i < static_cast<size_t>(d); ++i) x.data[begin + i] = row.scale * row.q[i];
  }
  return x;
}

void Evaluator::attention() {
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

void Evaluator::layer_norm() {
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

}  // namespace octavo::test
