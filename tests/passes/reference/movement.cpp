#include <numeric>

#include "tests/passes/reference/evaluator.h"

namespace octavo::test {

void Evaluator::permute() {
  const graph::Shape dims = call_->shape("dims");
  each([&](const Index& i) {
    Index from(i.size());
    for (size_t d = 0; d < i.size(); ++d) from[static_cast<size_t>(dims[d].evaluate(sizes_))] = i[d];
    return at(in(0), from);
  });
}

void Evaluator::slice() {
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

void Evaluator::cat() {
  const auto dim = static_cast<size_t>(number("dim"));
  each([&](Index i) {
    size_t part = 0;
    while (i[dim] >= in(part).shape[dim]) i[dim] -= in(part++).shape[dim];
    const Index strides = strides_of(in(part).shape);
    return in(part).data[static_cast<size_t>(std::inner_product(i.begin(), i.end(), strides.begin(), int64_t{0}))];
  });
}

void Evaluator::embedding_sum(const std::vector<size_t>& ids, const std::vector<size_t>& tables) {
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

}  // namespace octavo::test
