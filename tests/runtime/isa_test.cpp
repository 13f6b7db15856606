#include "runtime/isa.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

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

TEST_F(IsaTest, EveryTableIsComplete) {
  for (const Isa& isa : isas()) {
    const Kernels& k = *isa.kernels;
    EXPECT_STREQ(k.name, isa.name);
    EXPECT_TRUE(k.quantize_rows && !k.linear_s8.empty() && k.linear_f32 && k.tile_f32 && k.layer_norm && k.attention &&
                k.embedding_row && k.unary && k.softmax)
        << isa.name;
  }
}

}  // namespace
}  // namespace octavo
