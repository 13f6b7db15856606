#include "codegen/graph/dim.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace octavo::graph {
namespace {

const Dim kB = Dim::named("B"), kS = Dim::named("S");

TEST(Dim, PrintsCanonically) {
  EXPECT_EQ((kS * kB * Dim(2) + Dim(1)).text(), "2*B*S + 1");
  EXPECT_EQ((kB * kS).text(), (kS * kB).text());
  EXPECT_EQ((kS - kS).text(), "0");
  EXPECT_EQ((Dim(0) - kS).text(), "-S");
  EXPECT_EQ((kS + Dim(1)).floor_quotient(2).text(), "(S + 1)/2");
  EXPECT_EQ((Dim(4) * kS).floor_quotient(2).text(), "2*S");
  EXPECT_EQ((Dim(2) * kS).floor_quotient(4).text(), "S/2");
  EXPECT_EQ((kS * kS).text(), "S*S");
}

TEST(Dim, ParseRoundTrips) {
  for (const char* text : {"0", "12", "B", "B*S", "2*B*S + 1", "S - 1", "(S + 1)/2", "S/2", "-S", "S*S + B"}) {
    EXPECT_EQ(Dim::parse(text).text(), text);
  }
  EXPECT_EQ(Dim::parse("(B + 1)*(S - 1)").text(), Dim::parse("B*S - B + S - 1").text());
  for (const char* text : {"", "B +", "3 4", "(S", "S)", "S/0", "a-", "99999999999999999999", "S/B"}) {
    EXPECT_THROW((void)Dim::parse(text), base::Error) << text;
  }
}

TEST(Dim, EvaluatesWithFloorDivision) {
  EXPECT_EQ(Dim::parse("2*B*S + 1").evaluate({{"B", 3}, {"S", 7}}), 43);
  EXPECT_EQ(Dim::parse("(S - 9)/2").evaluate({{"S", 6}}), -2);
  EXPECT_THROW((void)kB.evaluate({{"S", 1}}), base::Error);
}

TEST(Dim, ExactQuotient) {
  EXPECT_EQ((kB * kS * Dim(12)).exact_quotient(kB * Dim(4))->text(), "3*S");
  EXPECT_FALSE((kB + Dim(1)).exact_quotient(kB).has_value());
  EXPECT_FALSE((kB * Dim(3)).exact_quotient(Dim(2)).has_value());
  EXPECT_EQ(product({kB, kS, Dim(384)}).text(), "384*B*S");
}

}  // namespace
}  // namespace octavo::graph
