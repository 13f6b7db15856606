#include "runtime/kernels/attention/attention.h"

#include <cmath>
#include <limits>

#include "attend.h"
#include "runtime/isa.h"
#include "runtime/threads.h"
#include "tests/emit/fixtures.h"
#include "tests/emit/running.h"

namespace octavo::emit::test {
namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon() / 2;
constexpr size_t kIn = 10, kHidden = 24, kHeads = 3, kD = 8;

struct Sizes {
  size_t B, S;
};

struct Reference {
  std::vector<double> out;
  double bound = 0;
};

// Plain loops over the program's own q, k, v, with the bound that the kernel's roundings cannot pass.
Reference attention(const std::vector<float>& qkv, Sizes n, const std::vector<int64_t>* mask, bool causal) {
  const auto at = [&](size_t b, size_t s, size_t part, size_t h, size_t d) {
    return double{qkv[(b * n.S + s) * 3 * kHidden + part * kHidden + h * kD + d]};
  };
  const double scale = 0.35355338F;
  Reference result{std::vector<double>(n.B * n.S * kHidden), 0};
  for (size_t b = 0; b < n.B; ++b) {
    for (size_t h = 0; h < kHeads; ++h) {
      for (size_t i = 0; i < n.S; ++i) {
        std::vector<double> score(n.S);
        double most = -INFINITY, sum = 0, score_error = 0, value = 0;
        for (size_t j = 0; j < n.S; ++j) {
          double absolute = 0;
          for (size_t d = 0; d < kD; ++d) {
            score[j] += at(b, i, 0, h, d) * at(b, j, 1, h, d) * scale;
            absolute += std::abs(at(b, i, 0, h, d) * at(b, j, 1, h, d)) * scale;
            value = std::max(value, std::abs(at(b, j, 2, h, d)));
          }
          score_error = std::max(score_error, (kD + 3) * kEpsilon * absolute);
          if (mask != nullptr && (*mask)[b * n.S + j] == 0) score[j] -= 10000.0;
          if (causal && j > i) score[j] = -INFINITY;
          most = std::max(most, score[j]);
        }
        for (double& s : score) sum += s = std::exp(s - most);
        for (size_t j = 0; j < n.S; ++j) {
          for (size_t d = 0; d < kD; ++d) {
            result.out[(b * n.S + i) * kHidden + h * kD + d] += score[j] / sum * at(b, j, 2, h, d);
          }
        }
        // A score's error goes into exp twice (numerator and sum); then S fma's, S additions, exp itself and a division.
        result.bound =
            std::max(result.bound, (2 * score_error + (2.0 * static_cast<double>(n.S) + 12) * kEpsilon) * value);
      }
    }
  }
  return result;
}

// The kernel called by hand as the graph says: its arithmetic is tested in tests/runtime.
std::vector<float> int8_attention(const std::vector<float>& qkv, Sizes n, const std::vector<int64_t>& mask) {
  std::vector<float> added, out(n.B * n.S * kHidden);
  for (const int64_t m : mask) added.push_back(static_cast<float>(1 - m) * -10000.0F);
  const auto B = static_cast<int64_t>(n.B), S = static_cast<int64_t>(n.S), H = static_cast<int64_t>(kHidden);
  const AttentionStrides from = {S * 3 * H, kD, 3 * H};
  Threads threads(1);
  std::vector<float> scratch(static_cast<size_t>(attention_scratch_bytes(S, kD, 1, true)) / sizeof(float));
  octavo::attention({choose_kernels(""), threads}, {.batch = B,
                                                    .heads = kHeads,
                                                    .q_len = S,
                                                    .k_len = S,
                                                    .head_dim = kD,
                                                    .q = qkv.data(),
                                                    .k = qkv.data() + kHidden,
                                                    .v = qkv.data() + 2 * kHidden,
                                                    .out = out.data(),
                                                    .q_stride = from,
                                                    .k_stride = from,
                                                    .v_stride = from,
                                                    .out_stride = {S * H, kD, H},
                                                    .mask = added.data(),
                                                    .mask_stride = {S, 0, 0},
                                                    .scale = 0.35355338F,
                                                    .int8_scores = true,
                                                    .int8_context = true,
                                                    .v_scale = 0.09F,
                                                    .scratch = scratch.data()});
  return out;
}

TEST(Attend, MaskedAndCausalOverSlicesOfOneProduct) {
  for (const Sizes n : {Sizes{1, 1}, Sizes{2, 7}, Sizes{3, 33}}) {
    Numbers numbers(n.S);
    std::vector<float> x(n.B * n.S * kIn);
    for (float& value : x) value = numbers.uniform(-1, 1);
    std::vector<int64_t> mask(n.B * n.S, 1);
    for (size_t b = 1; b < n.B; ++b) {
      for (size_t s = n.S - 2; s < n.S; ++s) mask[b * n.S + s] = 0;
    }
    Runner runner(attend_program(), "attend");
    const auto B = static_cast<int64_t>(n.B), S = static_cast<int64_t>(n.S);
    auto out = runner.run({Array::of(OCTAVO_F32, {B, S, kIn}, x), Array::of(OCTAVO_I64, {B, S}, mask)});
    const std::vector<float> qkv = out["qkv"].as<float>();

    std::vector<double> product;
    for (size_t row = 0; row < n.B * n.S; ++row) {
      for (const char* part : {"self.query", "self.key", "self.value"}) {
        const auto w = tensor("attend", part + std::string(".weight")),
                   bias = tensor("attend", part + std::string(".bias"));
        for (size_t c = 0; c < kHidden; ++c) {
          double sum = bias[c];
          for (size_t k = 0; k < kIn; ++k) sum += double{x[row * kIn + k]} * w[c * kIn + k];
          product.push_back(sum);
        }
      }
    }
    // kIn fma's and the bias, on sums of at most kIn + 1.
    expect_near(qkv, product, (kIn + 1) * kEpsilon * (kIn + 1));

    const Reference masked = attention(qkv, n, &mask, false), causal = attention(qkv, n, nullptr, true);
    expect_near(out["masked"].as<float>(), masked.out, masked.bound);
    expect_near(out["causal"].as<float>(), causal.out, causal.bound);
    EXPECT_EQ(out["int8"].as<float>(), int8_attention(qkv, n, mask));
  }
}

TEST(Attend, AnObserverSeesEverySiteOfTheMergedProduct) {
  Runner runner(attend_program(), "attend");
  struct Seen {
    std::map<std::string, std::vector<int64_t>> shapes;
    std::map<std::string, std::string> kernels;
    float key = 0;
  } seen;
  runner.api()->set_observer(
      runner.session(),
      [](void* user, const octavo_observation* o) {
        auto* seen = static_cast<Seen*>(user);
        seen->shapes[o->site].assign(o->shape, o->shape + o->rank);
        seen->kernels[o->site] = o->name;
        if (o->site == std::string("self.key")) seen->key = static_cast<const float*>(o->data)[o->strides[1]];
      },
      &seen);
  auto out = runner.run({Array::of(OCTAVO_F32, {1, 2, kIn}, std::vector<float>(2 * kIn, 0.5F)),
                         Array::of(OCTAVO_I64, {1, 2}, std::vector<int64_t>{1, 1})});
  const std::vector<int64_t> shape = {1, 2, kHidden};
  EXPECT_EQ(seen.shapes["self.query"], shape);
  EXPECT_EQ(seen.shapes["self.value"], shape);
  EXPECT_EQ(seen.kernels["self.key"], "linear");
  EXPECT_EQ(seen.key, out["qkv"].as<float>()[3 * kHidden + kHidden]);  // token 1, first column of key
}

}  // namespace
}  // namespace octavo::emit::test
