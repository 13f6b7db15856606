#include "runtime/kernels/reduce/reduce.h"

#include "runtime/error.h"
#include "tests/runtime/support.h"

namespace octavo::testing {
namespace {

template <typename T>
View full(const std::vector<T>& v, std::initializer_list<int64_t> shape) {
  return contiguous(v.data(), shape);
}

TEST(Reduce, SumIsSixteenLanesAndATree) {
  Random random(1);
  for (int64_t n : {0, 1, 15, 16, 17, 100, 1001}) {
    const auto x = random.normal(n);
    float lane[16] = {};
    for (int64_t i = 0; i < n; ++i) lane[i % 16] += x[static_cast<size_t>(i)];
    for (int w = 8; w > 0; w /= 2)
      for (int i = 0; i < w; ++i) lane[i] += lane[i + w];
    const auto y = same_everywhere([&](const Context& c) {
      std::vector<float> out(2);
      reduce(c, ReduceOp::sum, View{out.data(), DType::f32, 0, {}, {}}, full(x, {n}), 1);
      reduce(c, ReduceOp::mean, View{out.data() + 1, DType::f32, 0, {}, {}}, full(x, {n}), 1);
      return out;
    });
    EXPECT_TRUE(same_bits(y[0], lane[0])) << n;
    EXPECT_TRUE(same_bits(y[1], lane[0] / static_cast<float>(n))) << n;
  }
}

TEST(Reduce, ProductsOneAfterTheOther) {
  const std::vector<float> x = {2, 3, 4, -1, 0.5f, 8};
  const std::vector<int64_t> n = {2, 3, 4, -1, 5, 8};
  const auto y = same_everywhere([&](const Context& c) {
    std::vector<float> out(2);
    reduce(c, ReduceOp::prod, contiguous(out.data(), {2}), full(x, {2, 3}), 2);
    return out;
  });
  EXPECT_EQ(y, (std::vector<float>{24, -4}));
  std::vector<int64_t> all(3);
  reduce(context("scalar"), ReduceOp::prod, contiguous(all.data(), {3}), full(n, {2, 3}), 1);
  EXPECT_EQ(all, (std::vector<int64_t>{-2, 15, 32}));
}

TEST(Reduce, AnyDimsWithAndWithoutKeepdim) {
  Random random(2);
  const auto x = random.normal(2 * 3 * 4 * 5);
  const int64_t sizes[4] = {2, 3, 4, 5};
  for (uint32_t mask = 0; mask < 16; ++mask)
    for (bool keepdim : {false, true}) {
      std::vector<int64_t> shape;
      for (int d = 0; d < 4; ++d) {
        if ((mask >> d & 1) == 0)
          shape.push_back(sizes[d]);
        else if (keepdim)
          shape.push_back(1);
      }
      int64_t n = 1;
      for (int64_t s : shape) n *= s;
      const auto y = same_everywhere([&](const Context& c) {
        std::vector<float> out(static_cast<size_t>(n));
        reduce(c, ReduceOp::max, contiguous(out.data(), DType::f32, shape.data(), static_cast<int>(shape.size())),
               full(x, {2, 3, 4, 5}), mask);
        return out;
      });
      std::vector<float> expected(static_cast<size_t>(n), -kInf);
      for (int64_t i = 0; i < 120; ++i) {
        const int64_t index[4] = {i / 60, i / 20 % 3, i / 5 % 4, i % 5};
        int64_t o = 0;
        for (int d = 0; d < 4; ++d)
          if ((mask >> d & 1) == 0) o = o * sizes[d] + index[d];
        auto& e = expected[static_cast<size_t>(o)];
        e = std::max(e, x[static_cast<size_t>(i)]);
      }
      EXPECT_TRUE(same_bits(expected, y)) << mask;
    }
}

TEST(Reduce, ExtremesDefineNaNAndSignedZero) {
  const Context c = context("scalar");
  const auto of = [&](ReduceOp op, const std::vector<float>& x) {
    float y = 0;
    reduce(c, op, View{&y, DType::f32, 0, {}, {}}, full(x, {static_cast<int64_t>(x.size())}), 1);
    return y;
  };
  EXPECT_TRUE(same_bits(of(ReduceOp::max, {-0.0f, 0.0f}), 0.0f));
  EXPECT_TRUE(same_bits(of(ReduceOp::max, {0.0f, -0.0f}), 0.0f));
  EXPECT_TRUE(same_bits(of(ReduceOp::min, {0.0f, -0.0f}), -0.0f));
  EXPECT_EQ(of(ReduceOp::max, {-3.0f, -kInf, -5.0f}), -3.0f);
  EXPECT_EQ(of(ReduceOp::min, {-3.0f, kInf, -5.0f}), -5.0f);
  for (int place = 0; place < 3; ++place) {
    std::vector<float> x = {1, 2, 3};
    x[static_cast<size_t>(place)] = kNaN;
    EXPECT_TRUE(std::isnan(of(ReduceOp::max, x)));
    EXPECT_TRUE(std::isnan(of(ReduceOp::min, x)));
  }
}

TEST(Reduce, Integers) {
  const std::vector<int64_t> x = {1, -5, int64_t{1} << 60, 7};
  const std::vector<int32_t> narrow = {INT32_MAX, INT32_MAX, 3, 0};
  const bool bits[4] = {true, false, true, true};
  int64_t y[2] = {};
  const Context c = context("scalar");
  reduce(c, ReduceOp::max, contiguous(y, {2}), full(x, {2, 2}), 1);
  EXPECT_EQ(y[0], int64_t{1} << 60);
  EXPECT_EQ(y[1], 7);
  reduce(c, ReduceOp::sum, contiguous(y, {2}), full(narrow, {2, 2}), 2);
  EXPECT_EQ(y[0], 2 * int64_t{INT32_MAX});
  reduce(c, ReduceOp::sum, contiguous(y, {2, 1}), contiguous(bits, {2, 2}), 2);
  EXPECT_EQ(y[1], 2);
}

TEST(Reduce, RefusesWhatHasNoAnswer) {
  const Context c = context("scalar");
  const std::vector<float> x(6);
  std::vector<float> y(6);
  EXPECT_THROW(reduce(c, ReduceOp::max, full(y, {2}), full(x, {2, 0}), 2), Error);
  EXPECT_THROW(reduce(c, ReduceOp::sum, full(y, {3}), full(x, {2, 3}), 2), Error);
  EXPECT_THROW(reduce(c, ReduceOp::sum, full(y, {2, 2}), full(x, {2, 3}), 2), Error);
  int64_t wrong[2];
  EXPECT_THROW(reduce(c, ReduceOp::sum, contiguous(wrong, {2}), full(x, {2, 3}), 2), Error);
}

}  // namespace
}  // namespace octavo::testing
