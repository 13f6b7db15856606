// The AVX-512 kernels as the library has them, over fixed inputs. Built twice: for this machine with the scalar kernels, which
// prints what they give (OCTAVO_ISA_HERE=scalar), and without a C library for an emulated CPU (avx512vnni), which leaves it in
// memory. avx512_test.py compares the two.
#include <stddef.h>

#include "runtime/kernels/tables.h"
#include "runtime/tensor.h"

namespace octavo {
namespace isa = OCTAVO_ISA_HERE;
namespace {

constexpr int64_t kMost = 8192;
int64_t written = 0;

}  // namespace
}  // namespace octavo

extern "C" {
float program_output[octavo::kMost];
void run_program();
}

namespace octavo {
namespace {

template <typename T>
void write(const T* values, int64_t n) {
  if (written + n > kMost) __builtin_trap();
  for (int64_t i = 0; i < n; ++i) program_output[written++] = static_cast<float>(values[i]);
}

uint32_t state = 1;
uint32_t next() { return state = state * 1664525u + 1013904223u; }

template <int64_t kSize>
struct Floats {
  alignas(64) float v[kSize];
  Floats(float low, float high) {
    for (float& x : v) x = low + (high - low) * static_cast<float>(next() >> 8) * 0x1p-24f;
  }
};

constexpr float kSpecial[] = {0.0f,
                              -0.0f,
                              1.0f,
                              -1.0f,
                              0x1p-149f,
                              -0x1p-149f,
                              0x1p-126f,
                              88.8f,
                              -87.5f,
                              3.9f,
                              -3.9f,
                              1e-8f,
                              5000.0f,
                              -5000.0f,
                              0x1.fffffep127f,
                              __builtin_inff(),
                              2.5f,
                              -__builtin_inff(),
                              __builtin_nanf(""),
                              0.624f,
                              -0.626f};
constexpr int64_t kSpecials = sizeof kSpecial / sizeof kSpecial[0];

void unary() {
  float y[kSpecials];
  for (const UnaryOp op : {UnaryOp::exp, UnaryOp::erf, UnaryOp::tanh, UnaryOp::sigmoid, UnaryOp::silu, UnaryOp::relu,
                           UnaryOp::gelu_erf, UnaryOp::gelu_tanh, UnaryOp::sqrt, UnaryOp::rsqrt}) {
    isa::unary(op, kSpecials, y, kSpecial);
    write(y, kSpecials);
  }
}

void rows() {
  constexpr int64_t kRows = 3, kWidth = 37, kPadded = 40;
  Floats<kRows * kWidth> x(-3.0f, 3.0f), residual(-1.0f, 1.0f);
  Floats<kWidth> gamma(0.5f, 2.0f), beta(-1.0f, 1.0f);
  float y[kRows * kWidth], scale[kRows];
  uint8_t q[kRows * kPadded];
  const auto quantized = [&] {
    write(q, kRows * kPadded);
    write(scale, kRows);
  };
  x.v[kWidth + 5] = __builtin_inff();                                     // the second row is poisoned
  for (int64_t i = 0; i < kWidth; ++i) x.v[2 * kWidth + i] *= 0x1p-110f;  // the third counts as zero
  for (const int32_t zero_point : {128, 17})
    for (const float static_scale : {0.0f, 0.02f}) {
      isa::quantize_rows(kRows, kWidth, x.v, kWidth, q, scale, static_scale, zero_point);
      quantized();
    }
  x.v[kWidth + 5] = 1.0f;
  for (const float* second : {static_cast<const float*>(nullptr), static_cast<const float*>(residual.v)}) {
    isa::layer_norm({kRows, kWidth, x.v, second, gamma.v, beta.v, 1e-5f, y, q, scale, 0.0f});
    write(y, kRows * kWidth);
    quantized();
  }
  isa::softmax(kWidth, y, x.v);
  write(y, kWidth);
  int8_t codes[kWidth];
  for (int8_t& c : codes) c = static_cast<int8_t>(static_cast<int>(next() >> 24) - 128);
  isa::embedding_row(kWidth, codes, 0.013f, false, y);
  isa::embedding_row(kWidth, codes, -0.7f, true, y);
  write(y, kWidth);
}

// Whole groups of panels and what is left of them, whole tiles of rows and what is left of those.
template <int64_t kRows, int64_t kColumns, int64_t kDepth>
void product_s8() {
  constexpr int64_t kPanels = (kColumns + 15) / 16, kPadded = (kDepth + 3) / 4 * 4;
  alignas(64) static int8_t panels[kPanels * 16 * kPadded];
  static uint8_t q[kRows * kPadded];
  alignas(64) int32_t offset[kPanels * 16];
  Floats<kPanels * 16> scale(0.001f, 0.01f), bias(-1.0f, 1.0f);
  Floats<kRows> q_scale(0.01f, 0.02f);
  static float y[kRows * kColumns];
  for (int8_t& w : panels) w = static_cast<int8_t>(static_cast<int>(next() >> 24) - 128);
  for (uint8_t& a : q) a = static_cast<uint8_t>(next() >> 24);
  for (int32_t& o : offset) o = static_cast<int32_t>(next() >> 16) - 32768;
  const PackedS8 w = {panels, offset, scale.v, bias.v, kColumns, kDepth};
  isa::OCTAVO_LINEAR_S8_HERE({kRows, q, q_scale.v, &w, 0, kPanels, Activation::gelu_erf, y, kColumns, nullptr});
  write(y, kRows * kColumns);
  // The same from sums that an outlier list has begun, on some panels.
  alignas(64) static int32_t start[(kPanels - 1) * kRows * 16];
  for (int32_t& s : start) s = static_cast<int32_t>(next() >> 12) - 524288;
  isa::OCTAVO_LINEAR_S8_HERE(
      {kRows, q, q_scale.v, &w, 1, kPanels, Activation::none, y, kColumns, nullptr, {}, start, kRows * 16});
  write(y, kRows * kColumns);
  // Quantised at once; one row is poisoned, and its codes are left to the caller.
  constexpr int64_t kPitch = (kColumns + 3) / 4 * 4, kPoisoned = kRows / 2;
  static uint8_t codes[kRows * kPitch];
  Floats<kRows> mark(1.0f, 1.0f);
  q_scale.v[kPoisoned] = __builtin_nanf("");
  isa::OCTAVO_LINEAR_S8_HERE({kRows,
                              q,
                              q_scale.v,
                              &w,
                              0,
                              kPanels,
                              Activation::gelu_erf,
                              nullptr,
                              0,
                              nullptr,
                              {},
                              nullptr,
                              0,
                              {codes, mark.v, 40.0f, 20}});
  for (int64_t r = 0; r < kRows; ++r) {
    const bool poisoned = mark.v[r] != mark.v[r];
    write(&poisoned, 1);
    if (!poisoned) write(codes + r * kPitch, kPitch);
  }
}

void product_f32() {
  constexpr int64_t kRows = 7, kColumns = 21, kDepth = 19;
  Floats<kRows * kDepth> x(-1.0f, 1.0f);
  Floats<32 * kDepth> panels(-1.0f, 1.0f);
  Floats<32> bias(-1.0f, 1.0f);
  float y[kRows * kColumns];
  const PackedF32 w = {panels.v, bias.v, kColumns, kDepth};
  isa::linear_f32({kRows, x.v, kDepth, &w, 0, 2, Activation::tanh, y, kColumns});
  write(y, kRows * kColumns);
  float tile[4 * 16] = {};
  isa::tile_f32({4, kDepth, x.v, kDepth, 1, panels.v, 16, tile, 16, true});
  write(tile, 4 * 16);
}

void attend() {
  constexpr int64_t kHeads = 2, kLength = 18, kDim = 20, kWidth = kHeads * kDim;
  Floats<3 * kLength * kWidth> qkv(-1.0f, 1.0f);
  Floats<kLength> mask(-2.0f, 0.0f);
  static float out[kLength * kWidth];
  alignas(64) static char scratch[64 * 1024];
  const AttentionStrides from = {0, kDim, 3 * kWidth};
  Attention args;
  args.batch = 1, args.heads = kHeads, args.q_len = args.k_len = kLength, args.head_dim = kDim;
  args.q = qkv.v, args.k = qkv.v + kWidth, args.v = qkv.v + 2 * kWidth, args.out = out;
  args.q_stride = args.k_stride = args.v_stride = from, args.out_stride = {0, kDim, kWidth};
  args.mask = mask.v, args.scale = 0.25f, args.causal = true;
  const auto run = [&](void (*kernel)(const AttentionBlock&), int64_t rows) {
    for (int64_t head = 0; head < kHeads; ++head) kernel({&args, 0, head, 0, rows, scratch});
    write(out, rows * kWidth);
  };
  run(isa::attention, kLength);
  run(isa::attention, 2);
  args.int8_scores = args.int8_context = true;
  run(isa::attention_int8, kLength);
}

}  // namespace
}  // namespace octavo

extern "C" void run_program() {
  using namespace octavo;
  unary();
  rows();
  product_s8<13, 77, 18>();
  product_s8<2, 100, 8>();
  product_f32();
  attend();
}

#if defined(OCTAVO_FREESTANDING)
extern "C" void* memset(void* to, int value, size_t n) {
  auto* bytes = static_cast<volatile unsigned char*>(to);
  for (size_t i = 0; i < n; ++i) bytes[i] = static_cast<unsigned char>(value);
  return to;
}
asm(".globl _start\n_start:\n  and $-64, %rsp\n  call run_program\n  hlt\n");
#else
#include <stdio.h>
int main() {
  run_program();
  return fwrite(program_output, sizeof program_output, 1, stdout) == 1 ? 0 : 1;
}
#endif
