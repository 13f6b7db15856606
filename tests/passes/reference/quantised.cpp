#include <utility>

#include "tests/passes/reference/evaluator.h"
#include "tests/passes/reference/scalar.h"

namespace octavo::test {

// Rows of x into the results `first` (u8) and `first + 1` (scales).
void Evaluator::quantize_rows(const Array& x, size_t first) {
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

void Evaluator::fake_quantize() {
  const int64_t k = out_->shape.back();
  for (size_t begin = 0; begin < out_->data.size(); begin += static_cast<size_t>(k)) {
    const Quantised row = quantise(&in(0).data[begin], k, static_scale(*call_), 0);
    for (int64_t i = 0; i < k; ++i)
      out_->data[begin + static_cast<size_t>(i)] = row.scale * row.q[static_cast<size_t>(i)];
  }
}

// Weights per output channel, within 127.
void Evaluator::linear_s8() {
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
      y.data[to] =
          plus(activate(call_->string_or("activation", "none"), sum_and_bias, *call_), given(4) ? &in(4) : nullptr, to);
    }
  }
  call_->has("quantize") ? quantize_rows(y, 0) : void(*out_ = std::move(y));
}

}  // namespace octavo::test
