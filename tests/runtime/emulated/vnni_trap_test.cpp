#include "tests/runtime/emulated/vnni_trap.h"

#include "runtime/kernels/linear_s8/pack.h"
#include "tests/runtime/support.h"

namespace octavo::testing {
namespace {

// The other tests of this executable compare bits; this one holds that the instructions were really met.
TEST(VnniTrap, TheKernelRunsTheInstruction) {
  if (__builtin_cpu_supports("avxvnni")) GTEST_SKIP() << "this CPU has AVX-VNNI";
  const std::vector<int8_t> w(16 * 8, -3);
  const std::vector<float> one(16, 1.0f);
  const PackedS8Data packed = pack_linear_s8(w.data(), one.data(), nullptr, 16, 8);
  const std::vector<uint8_t> q(8, 130);
  std::vector<float> y(16);
  const int64_t before = trapped_instructions();
  linear_s8(context("avxvnni"), 1, q.data(), one.data(), packed.view(), Activation::none, y.data(), 16);
  EXPECT_EQ(trapped_instructions() - before, 4);  // 8 k in steps of four, 16 columns in halves
  EXPECT_EQ(y, std::vector<float>(16, 8 * 2 * -3.0f));
}

}  // namespace
}  // namespace octavo::testing
