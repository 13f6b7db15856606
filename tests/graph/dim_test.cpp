#include "codegen/graph/dim.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

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
  for (const char* text : {"0", "12", "B", "B*S", "2*B*S + 1", "S - 1", "(S + 1)/2", "S/2", "-S", "S*S + B",
                           "B*((S + 1)/2)", "-(S/2)", "B - S/2", "4*(B/2)*(S/2) + 1", "B*S/4"}) {
    EXPECT_EQ(Dim::parse(text).text(), text);
  }
  EXPECT_EQ(Dim::parse("(B + 1)*(S - 1)").text(), Dim::parse("B*S - B + S - 1").text());
  for (const char* text : {"", "B +", "3 4", "(S", "S)", "S/0", "a-", "99999999999999999999", "S/B"}) {
    EXPECT_THROW((void)Dim::parse(text), base::Error) << text;
  }
}

// One form for equal quotients: C++ and the fit of a trace write them in different ways.
TEST(Dim, QuotientsAreCanonical) {
  EXPECT_EQ(Dim::parse("(3*S + 4)/2").text(), "S + S/2 + 2");
  EXPECT_EQ(Dim::parse("(4*S + 2)/8").text(), "S/2");
  EXPECT_EQ(Dim::parse("(S - 1)/2 + 1"), Dim::parse("(S + 1)/2"));
  EXPECT_EQ(Dim::parse("((S + 1)/2 + 1)/2").text(), "(S + 3)/4");
  EXPECT_EQ(Dim::parse("(2*B + 2*S)/4").text(), "(B + S)/2");
  EXPECT_EQ(Dim::parse("B*(S/2) - (S/2)*B").text(), "0");
  EXPECT_EQ(Dim::parse("(B + 1)*(S/2)").text(), "B*(S/2) + S/2");
  EXPECT_EQ((kB * kS.floor_quotient(2)).exact_quotient(kS.floor_quotient(2)).value(), kB);
  EXPECT_EQ(Dim::parse("B*(S/2) + S/2").quotients(), (std::vector<Dim>{kS.floor_quotient(2), kS.floor_quotient(2)}));
  EXPECT_EQ(Dim::parse("B*((S + T)/2)").names(), (std::vector<std::string>{"B", "S", "T"}));
}

// Rounded down and up, the two halves are the whole: texts differ, values never.
TEST(Dim, PartsThatMakeUpTheWholeAreEqualToIt) {
  EXPECT_EQ(Dim::parse("S/2 + (S + 1)/2"), kS);
  EXPECT_EQ(Dim::parse("S/3 + (S + 1)/3 + (S + 2)/3"), kS);
  EXPECT_EQ(Dim::parse("2*B*S - 2*B*((S + 1)/2)"), Dim::parse("2*B*(S/2)"));
  EXPECT_NE(Dim::parse("S - S/2"), Dim::parse("S/2"));
  EXPECT_NE(Dim::parse("S/2 + S/2"), kS);
}

// Whatever is put together: its value is that of the integers, and its text reads back as it.
TEST(Dim, ArithmeticIsExact) {
  std::mt19937 random(5);
  const auto below = [&](int n) { return static_cast<int64_t>(random() % static_cast<unsigned>(n)); };
  for (int round = 0; round < 2000; ++round) {
    const Dim::Sizes sizes = {{"B", below(9)}, {"S", below(40)}};
    std::vector<std::pair<Dim, int64_t>> made = {{kB, sizes.at("B")}, {kS, sizes.at("S")}, {Dim(3), 3}};
    for (int step = 0; step < 6; ++step) {
      const auto [a, x] = made[static_cast<size_t>(below(static_cast<int>(made.size())))];
      const auto [b, y] = made[static_cast<size_t>(below(static_cast<int>(made.size())))];
      const int64_t divisor = 1 + below(8);
      switch (below(4)) {
        case 0:
          made.emplace_back(a + b, x + y);
          break;
        case 1:
          made.emplace_back(a - b, x - y);
          break;
        case 2:
          if (std::abs(x) < 1000 && std::abs(y) < 1000) made.emplace_back(a * b, x * y);
          break;
        default:
          made.emplace_back(a.floor_quotient(divisor), static_cast<int64_t>(std::floor(double(x) / double(divisor))));
      }
    }
    const auto& [dim, value] = made.back();
    ASSERT_EQ(dim.evaluate(sizes), value) << dim.text();
    ASSERT_EQ(Dim::parse(dim.text()), dim) << dim.text();
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
