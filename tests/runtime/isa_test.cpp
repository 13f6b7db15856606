#include "runtime/isa.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "runtime/cpu.h"
#include "runtime/error.h"
#include "runtime/kernels/kernels.h"

namespace octavo {
namespace {

class IsaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const char* v = std::getenv("OCTAVO_ISA")) before_ = v;
    ::unsetenv("OCTAVO_ISA");
  }
  void TearDown() override { before_.empty() ? ::unsetenv("OCTAVO_ISA") : ::setenv("OCTAVO_ISA", before_.c_str(), 1); }
  std::string before_;
};

TEST_F(IsaTest, ScalarIsAlwaysThere) {
  ASSERT_FALSE(isas().empty());
  EXPECT_STREQ(isas()[0].name, "scalar");
  EXPECT_TRUE(isas()[0].supported);
  EXPECT_STREQ(choose_kernels("scalar").name, "scalar");
}

TEST_F(IsaTest, TheBestSupportedOneIsChosen) {
  const char* best = nullptr;
  for (const Isa& isa : isas())
    if (isa.supported) best = isa.name;
  EXPECT_STREQ(choose_kernels().name, best);
}

TEST_F(IsaTest, TheEnvironmentForcesOneAndANameGoesFirst) {
  ::setenv("OCTAVO_ISA", "scalar", 1);
  EXPECT_STREQ(choose_kernels().name, "scalar");
  for (const Isa& isa : isas())
    if (isa.supported) {
      EXPECT_STREQ(choose_kernels(isa.name).name, isa.name);
    }
}

TEST_F(IsaTest, AnUnknownNameIsRefusedWithTheOnesThatWouldDo) {
  ::setenv("OCTAVO_ISA", "avx9", 1);
  try {
    choose_kernels();
    FAIL() << "avx9 was accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.status, Status::unsupported);
    EXPECT_NE(std::string(e.what()).find("OCTAVO_ISA is 'avx9'"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("scalar"), std::string::npos) << e.what();
  }
  EXPECT_THROW(choose_kernels("AVX2"), Error);
}

TEST_F(IsaTest, OneThatThisCpuLacksIsRefusedWithThoseItHas) {
  for (const Isa& isa : isas()) {
    if (isa.supported) continue;
    for (const bool by_environment : {false, true}) {
      if (by_environment) ::setenv("OCTAVO_ISA", isa.name, 1);
      try {
        choose_kernels(by_environment ? "" : isa.name);
        FAIL() << isa.name << " was accepted";
      } catch (const Error& e) {
        EXPECT_EQ(e.status, Status::unsupported);
        const std::string what = e.what();
        EXPECT_NE(what.find(by_environment ? "OCTAVO_ISA" : "the instruction set asked for"), std::string::npos)
            << what;
        EXPECT_NE(what.find("'" + std::string(isa.name) + "', which this CPU lacks; it has scalar"), std::string::npos)
            << what;
      }
    }
    ::unsetenv("OCTAVO_ISA");
  }
}

// What cpuid says on machines that are not at hand.
TEST(Cpu, AnInstructionSetNeedsItsBitsAndAnOperatingSystemThatSavesItsRegisters) {
  CpuId sapphire_rapids;
  sapphire_rapids.leaf1_ecx = 1u << 12 | 1u << 27 | 1u << 28;
  sapphire_rapids.leaf7_ebx = 1u << 5 | 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;
  sapphire_rapids.leaf7_ecx = 1u << 11;
  sapphire_rapids.leaf7_1_eax = 1u << 4;
  sapphire_rapids.xcr0 = 0xe7;
  const auto is = [](const CpuId& id, bool avx2, bool avxvnni, bool avx512vnni) {
    const Cpu cpu = features(id);
    return cpu.avx2 == avx2 && cpu.avxvnni == avxvnni && cpu.avx512vnni == avx512vnni;
  };
  EXPECT_TRUE(is(sapphire_rapids, true, true, true));
  CpuId id = sapphire_rapids;
  id.leaf7_1_eax = 0;  // Ice Lake
  EXPECT_TRUE(is(id, true, false, true));
  id = sapphire_rapids;
  id.leaf7_ebx = 1u << 5;  // Alder Lake
  EXPECT_TRUE(is(id, true, true, false));
  id.leaf7_1_eax = 0;  // Haswell, Zen 3
  EXPECT_TRUE(is(id, true, false, false));
  id.leaf1_ecx &= ~(1u << 12);  // no fma
  EXPECT_TRUE(is(id, false, false, false));
  for (const uint32_t bit : {16u, 17u, 30u, 31u}) {
    id = sapphire_rapids;
    id.leaf7_ebx &= ~(1u << bit);
    EXPECT_TRUE(is(id, true, true, false)) << bit;
  }
  id = sapphire_rapids;
  id.leaf7_ecx = 0;  // Skylake-X: AVX-512 without VNNI
  EXPECT_TRUE(is(id, true, true, false));
  id = sapphire_rapids;
  id.xcr0 = 0x7;  // the operating system saves ymm, not zmm
  EXPECT_TRUE(is(id, true, true, false));
  id.xcr0 = 0x3;
  EXPECT_TRUE(is(id, false, false, false));
  id = sapphire_rapids;
  id.leaf1_ecx &= ~(1u << 27);  // no xgetbv
  id.xcr0 = 0;
  EXPECT_TRUE(is(id, false, false, false));
}

TEST(Cpu, AgreesWithTheCompilersOwnTest) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool emulated = this_cpu().avx512vnni && __builtin_cpu_supports("avx512vnni") == 0;
  if (emulated) GTEST_SKIP() << "every instruction set is emulated here";
  EXPECT_EQ(this_cpu().avx2, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
  EXPECT_EQ(this_cpu().avx512vnni, __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
                                       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"));
#endif
}

TEST_F(IsaTest, EveryTableIsComplete) {
  for (const Isa& isa : isas()) {
    const Kernels& k = *isa.kernels;
    EXPECT_STREQ(k.name, isa.name);
    EXPECT_TRUE(k.quantize_rows && !k.linear_s8.empty() && k.linear_f32 && k.tile_f32 && k.layer_norm && k.attention &&
                k.attention_int8 && k.embedding_row && k.unary && k.softmax)
        << isa.name;
  }
}

}  // namespace
}  // namespace octavo
