// An encoder layer as emitted code calls the kernels, with matrices under each lane bound and one with outliers: every layer
// has the same bits on every instruction set, for 1 and 2 threads, for a sequence alone and padded among longer neighbours.
#include <cstdio>
#include <map>
#include <string>

#include "runtime/hash.h"
#include "runtime/kernels/embedding_sum/embedding_sum.h"
#include "runtime/kernels/linear_f32/pack.h"
#include "runtime/kernels/linear_s8/pack.h"
#include "runtime/kernels/quantize_rows/quantize_rows.h"
#include "runtime/kernels/softmax/softmax.h"
#include "runtime/tensor.h"
#include "tests/runtime/support.h"

namespace octavo::testing {
namespace {

constexpr int64_t kVocabulary = 50, kLongest = 23, H = 48, kHeads = 3, D = 16, F = 112, kClasses = 5;

struct Encoder {
  Random random{21};
  QuantizedRows words = quantize_table_s8(random.normal(kVocabulary * H).data(), kVocabulary, H);
  std::vector<float> positions = random.normal(kLongest * H);
  std::vector<float> gamma = random.normal(H), beta = random.normal(H);
  PackedS8Data qkv = s8(3 * H, H, LaneBound::fours), projection = kept(H, H, LaneBound::pairs);
  PackedS8Data up = s8(F, H, LaneBound::fours), down = s8(H, F, LaneBound::none);
  PackedF32Data head = pack_linear_f32(random.normal(kClasses * H).data(), random.normal(kClasses).data(), kClasses, H);

  PackedS8Data s8(int64_t n, int64_t k, LaneBound bound) {
    const auto w = random.normal(n * k, 0.2f), bias = random.normal(n);
    return pack_linear_s8(w.data(), bias.data(), n, k, bound);
  }

  // Full-range integers, with a list of outliers.
  PackedS8Data kept(int64_t n, int64_t k, LaneBound bound) {
    const PackedS8Data full = s8(n, k, LaneBound::none);
    const std::vector<int8_t> q = unpack_linear_s8(full.view());
    return pack_linear_s8_bounded(q.data(), full.scale.data(), full.bias.data(), n, k, bound);
  }

  // ids: [B, S]; lengths: [B], the rest is masked. see(layer, rows [B, S, width], width)
  template <typename See>
  void run(const Context& ctx, int64_t B, int64_t S, const int64_t* ids, const int64_t* lengths, See see) const {
    const int64_t rows = B * S;
    const auto floats = [&](int64_t width) { return std::vector<float>(static_cast<size_t>(rows * width)); };
    auto x = floats(H), y = floats(H), merged = floats(3 * H), attended = floats(H), sum = floats(H);
    auto classes = floats(kClasses), scale = floats(1);
    std::vector<uint8_t> q(static_cast<size_t>(rows * F));
    const auto product = [&](const char* name, const PackedS8Data& w, Activation activation, std::vector<float>& out) {
      linear_s8(ctx, rows, q.data(), scale.data(), w.view(), activation, out.data(), w.n);
      see(name, out, w.n);
    };
    // From q and scale to q and scale.
    const auto quantised = [&](const char* name, const PackedS8Data& w, Activation activation) {
      std::vector<uint8_t> in = q;
      std::vector<float> in_scale = scale;
      std::vector<float> block(static_cast<size_t>(linear_s8_quantized_scratch_bytes(rows, w.n, ctx.threads.count())) /
                               sizeof(float));
      linear_s8_quantized(ctx, rows, in.data(), in_scale.data(), w.view(), activation, {q.data(), scale.data()},
                          block.data());
      see(name, std::vector<float>(q.begin(), q.begin() + rows * w.n), w.n);
    };
    const auto norm = [&](const char* name, const float* in, const float* residual, float static_scale, auto& out) {
      layer_norm(ctx, {rows, H, in, residual, gamma.data(), beta.data(), 1e-5f, out.data(), q.data(), scale.data(),
                       static_scale});
      see(name, out, H);
    };

    std::vector<int64_t> places(static_cast<size_t>(S));
    for (int64_t i = 0; i < S; ++i) places[static_cast<size_t>(i)] = i;
    EmbeddingTerm terms[2];
    terms[0] = {ids, S, 1, words.q.data(), words.scale.data(), nullptr, kVocabulary, "ids"};
    terms[1] = {places.data(), 0, 1, nullptr, nullptr, positions.data(), kLongest, "positions"};
    embedding_sum(ctx, B, S, H, terms, 2, x.data());
    see("embedding_sum", x, H);
    norm("layer_norm", x.data(), nullptr, 0.0f, x);
    product("qkv", qkv, Activation::none, merged);

    std::vector<float> mask(static_cast<size_t>(rows));
    for (int64_t b = 0; b < B; ++b)
      for (int64_t i = 0; i < S; ++i) mask[static_cast<size_t>(b * S + i)] = i < lengths[b] ? 0.0f : -1e4f;
    std::vector<std::byte> scratch(static_cast<size_t>(attention_scratch_bytes(S, D, ctx.threads.count())) + 64);
    void* aligned = scratch.data() + (64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64) % 64;
    const AttentionStrides from = {S * 3 * H, D, 3 * H};
    attention(ctx, {.batch = B,
                    .heads = kHeads,
                    .q_len = S,
                    .k_len = S,
                    .head_dim = D,
                    .q = merged.data(),
                    .k = merged.data() + H,
                    .v = merged.data() + 2 * H,
                    .out = attended.data(),
                    .q_stride = from,
                    .k_stride = from,
                    .v_stride = from,
                    .out_stride = {S * H, D, H},
                    .mask = mask.data(),
                    .mask_stride = {S, 0, 0},
                    .scale = 0.25f,
                    .scratch = aligned});
    see("attention", attended, H);
    quantize_rows(ctx, rows, H, attended.data(), H, q.data(), scale.data());
    product("projection", projection, Activation::none, y);
    norm("layer_norm, static", y.data(), x.data(), 0.03f, x);
    quantised("up", up, Activation::gelu_erf);
    product("down", down, Activation::tanh, sum);
    norm("layer_norm, residual", sum.data(), x.data(), 0.0f, y);
    linear_f32(ctx, rows, y.data(), H, head.view(), Activation::silu, classes.data(), kClasses);
    see("head", classes, kClasses);
    const View view = contiguous(classes.data(), {rows, kClasses});
    softmax(ctx, view, view, 1);
    see("softmax", classes, kClasses);
  }
};

struct Sequences {
  std::vector<std::vector<int64_t>> ids;

  // By sequence and layer: the hash of the rows that exist.
  using Hashes = std::vector<std::map<std::string, uint64_t>>;

  Hashes alone(const Encoder& encoder, const Context& ctx) const {
    Hashes all(ids.size());
    for (size_t i = 0; i < ids.size(); ++i) {
      const auto length = static_cast<int64_t>(ids[i].size());
      encoder.run(ctx, 1, length, ids[i].data(), &length, [&](const char* layer, const auto& rows, int64_t width) {
        all[i][layer] = xxh64(rows.data(), static_cast<size_t>(length * width) * sizeof(float));
      });
    }
    return all;
  }

  Hashes together(const Encoder& encoder, const Context& ctx) const {
    Hashes all(ids.size());
    const auto B = static_cast<int64_t>(ids.size());
    std::vector<int64_t> padded(static_cast<size_t>(B * kLongest), 0), lengths;
    for (size_t i = 0; i < ids.size(); ++i) {
      std::copy(ids[i].begin(), ids[i].end(), padded.begin() + static_cast<int64_t>(i) * kLongest);
      lengths.push_back(static_cast<int64_t>(ids[i].size()));
    }
    encoder.run(ctx, B, kLongest, padded.data(), lengths.data(),
                [&](const char* layer, const auto& rows, int64_t width) {
                  for (size_t i = 0; i < ids.size(); ++i)
                    all[i][layer] = xxh64(rows.data() + static_cast<int64_t>(i) * kLongest * width,
                                          static_cast<size_t>(lengths[i] * width) * sizeof(float));
                });
    return all;
  }
};

TEST(Layers, HaveTheSameBitsEverywhere) {
  const Encoder encoder;
  Sequences sequences;
  Random random(22);
  for (const int64_t length : {1, 2, 7, 16, 17, 23})
    sequences.ids.push_back(random.integers(length, 0, kVocabulary - 1));
  const Sequences::Hashes expected = sequences.alone(encoder, context("scalar"));
  ASSERT_FALSE(encoder.projection.outliers.empty());
  ASSERT_EQ(expected[0].size(), 11u);
  const auto compare = [&](const Sequences::Hashes& got, const std::string& where) {
    for (size_t i = 0; i < got.size(); ++i)
      for (const auto& [layer, hash] : expected[i])
        EXPECT_EQ(got[i].at(layer), hash) << layer << " of a sequence of " << sequences.ids[i].size() << ", " << where;
  };
  for (const char* isa : runnable())
    for (const int threads : {1, 2}) {
      const std::string where = std::string(isa) + ", " + std::to_string(threads) + " threads, ";
      compare(sequences.alone(encoder, context(isa, threads)), where + "alone");
      compare(sequences.together(encoder, context(isa, threads)), where + "in a batch");
      std::printf("  compared: %salone and in a batch\n", where.c_str());
    }
}

}  // namespace
}  // namespace octavo::testing
