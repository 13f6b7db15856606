// Random attention in all its forms, for attention_test.cpp and attention_int8_test.cpp.
#pragma once

#include <cstdlib>
#include <tuple>

#include "runtime/kernels/attention/attention.h"
#include "runtime/tensor.h"
#include "tests/runtime/support.h"

namespace octavo::testing {

// q, k, v as slices of one buffer [batch, rows, 3 * heads * head_dim], as merged projections leave them.
struct Case {
  int64_t batch, heads, q_len, k_len, head_dim;
  bool causal = false;
  std::vector<float> qkv = {};
  std::vector<float> mask = {};       // [batch, k_len], or empty
  std::vector<float> full_mask = {};  // [batch, heads, q_len, k_len], or empty
  bool int8_scores = false, int8_context = false;
  float q_scale = 0.0f, k_scale = 0.0f, v_scale = 0.0f;

  int64_t width() const { return heads * head_dim; }
  int64_t rows() const { return std::max(q_len, k_len); }
};

inline Case random_case(Random& random, int64_t batch, int64_t heads, int64_t q_len, int64_t k_len, int64_t head_dim) {
  Case c{.batch = batch, .heads = heads, .q_len = q_len, .k_len = k_len, .head_dim = head_dim};
  c.qkv = random.normal(batch * c.rows() * 3 * c.width());
  return c;
}

inline Attention arguments(const Case& c, std::vector<float>& out) {
  const AttentionStrides strides = {c.rows() * 3 * c.width(), c.head_dim, 3 * c.width()};
  Attention a;
  a.batch = c.batch;
  a.heads = c.heads;
  a.q_len = c.q_len;
  a.k_len = c.k_len;
  a.head_dim = c.head_dim;
  a.q = c.qkv.data();
  a.k = c.qkv.data() + c.width();
  a.v = c.qkv.data() + 2 * c.width();
  a.q_stride = a.k_stride = a.v_stride = strides;
  a.out = out.data();
  a.out_stride = {c.q_len * c.width(), c.head_dim, c.width()};
  a.scale = 1.0f / std::sqrt(static_cast<float>(c.head_dim));
  a.causal = c.causal;
  a.int8_scores = c.int8_scores;
  a.int8_context = c.int8_context;
  a.q_scale = c.q_scale;
  a.k_scale = c.k_scale;
  a.v_scale = c.v_scale;
  if (!c.mask.empty()) {
    a.mask = c.mask.data();
    a.mask_stride = {c.k_len, 0, 0};
  }
  if (!c.full_mask.empty()) {
    a.mask = c.full_mask.data();
    a.mask_stride = {c.heads * c.q_len * c.k_len, c.q_len * c.k_len, c.k_len};
  }
  return a;
}

inline std::vector<float> run(const Context& ctx, const Case& c) {
  std::vector<float> out(static_cast<size_t>(c.batch * c.q_len * c.width()));
  Attention a = arguments(c, out);
  const int64_t bytes = attention_scratch_bytes(c.k_len, c.head_dim, ctx.threads.count(), a.int8());
  void* scratch = std::aligned_alloc(64, static_cast<size_t>(std::max<int64_t>(64, bytes)));
  a.scratch = scratch;
  attention(ctx, a);
  std::free(scratch);
  return out;
}

// One output row of a head in double, and the error that each output may have.
struct Row {
  std::vector<double> exact, bound;
};

// Every row on every instruction set against reference(c, batch, head, row).
template <typename Reference>
void expect_within_bounds(const Case& c, Reference reference) {
  const auto y = same_everywhere([&](const Context& x) { return run(x, c); });
  for (int64_t b = 0; b < c.batch; ++b)
    for (int64_t h = 0; h < c.heads; ++h)
      for (int64_t i = 0; i < c.q_len; ++i) {
        const Row row = reference(c, b, h, i);
        for (int64_t d = 0; d < c.head_dim; ++d) {
          const float got = y[static_cast<size_t>((b * c.q_len + i) * c.width() + h * c.head_dim + d)];
          ASSERT_LE(std::abs(got - row.exact[static_cast<size_t>(d)]), row.bound[static_cast<size_t>(d)] + 1e-38)
              << "batch " << b << " head " << h << " row " << i << " d " << d;
        }
      }
}

}  // namespace octavo::testing
