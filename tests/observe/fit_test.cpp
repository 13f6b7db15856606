#include "codegen/observe/fit.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace octavo::observe {
namespace {

using graph::Dim;

std::string fitted(const std::vector<std::string>& dims, const std::function<int64_t(Dim::Sizes&)>& value) {
  std::vector<Dim::Sizes> sizes = probe_sizes(dims);
  std::vector<int64_t> values;
  for (Dim::Sizes& at : sizes) values.push_back(value(at));
  const auto found = fit(sizes, values);
  return found ? found->text() : "none";
}

TEST(Fit, FindsWhatPeopleCompute) {
  const std::vector<std::string> dims = {"B", "S"};
  EXPECT_EQ(fitted(dims, [](auto&) { return 12; }), "12");
  EXPECT_EQ(fitted(dims, [](auto& d) { return d["S"]; }), "S");
  EXPECT_EQ(fitted(dims, [](auto& d) { return d["B"] * d["S"]; }), "B*S");
  EXPECT_EQ(fitted(dims, [](auto& d) { return 12 * d["B"]; }), "12*B");
  EXPECT_EQ(fitted(dims, [](auto& d) { return d["S"] + 2; }), "S + 2");
  EXPECT_EQ(fitted(dims, [](auto& d) { return 2 * d["S"] - 1; }), "2*S - 1");
  EXPECT_EQ(fitted(dims, [](auto& d) { return d["S"] * d["S"]; }), "S*S");
  EXPECT_EQ(fitted(dims, [](auto& d) { return d["B"] + d["S"]; }), "B + S");
  EXPECT_EQ(fitted(dims, [](auto& d) { return d["B"] * d["S"] - d["B"] + 3; }), "B*S - B + 3");
  EXPECT_EQ(fitted(dims, [](auto& d) { return -d["S"]; }), "-S");
  EXPECT_EQ(fitted(dims, [](auto& d) { return d["S"] / 2; }), "S/2");
  EXPECT_EQ(fitted(dims, [](auto& d) { return (d["S"] + 1) / 2; }), "(S + 1)/2");
  EXPECT_EQ(fitted(dims, [](auto& d) { return d["B"] * d["S"] / 4; }), "B*S/4");
  EXPECT_EQ(fitted(dims, [](auto& d) { return d["S"] / 2 * 2; }), "2*(S/2)");
  EXPECT_EQ(fitted(dims, [](auto& d) { return d["B"] * ((d["S"] + 1) / 2); }), "B*((S + 1)/2)");
  EXPECT_EQ(fitted(dims, [](auto& d) { return 16 * d["B"] * (d["S"] / 3); }), "16*B*(S/3)");
  // Of a convolution: at odd sizes alone S/2 + 1 would look like (S + 1)/2.
  for (const char* dim : {"B", "S"})
    for (int64_t divisor = 2; divisor <= 4; ++divisor)
      for (int64_t offset = 0; offset < 2 * divisor; ++offset) {
        const Dim expected = (Dim::named(dim) + Dim(offset)).floor_quotient(divisor);
        EXPECT_EQ(fitted(dims, [&](auto& d) { return (d[dim] + offset) / divisor; }), expected.text());
      }
}

// What is a sum or a product of quotients shows once they are known.
TEST(Fit, FindsWhatIsMadeOfKnownQuotients) {
  const std::vector<Dim::Sizes> sizes = probe_sizes({"H", "W"});
  std::vector<int64_t> values, sums;
  for (const Dim::Sizes& at : sizes) {
    values.push_back((at.at("H") / 2) * (at.at("W") / 3));
    sums.push_back(at.at("H") / 2 + at.at("W") / 3 + 1);
  }
  EXPECT_FALSE(fit(sizes, values).has_value());
  const std::vector<Dim> known = {Dim::parse("H/2"), Dim::parse("W/3")};
  EXPECT_EQ(fit(sizes, values, known)->text(), "(H/2)*(W/3)");
  EXPECT_EQ(fit(sizes, sums, known)->text(), "H/2 + W/3 + 1");
}

TEST(Fit, FindsNothingBehindOtherFunctions) {
  const std::vector<std::string> dims = {"B", "S"};
  EXPECT_EQ(fitted(dims, [](auto& d) { return d["S"] % 4; }), "none");
  EXPECT_EQ(fitted(dims, [](auto& d) { return std::max<int64_t>(d["S"], 8); }), "none");
  EXPECT_EQ(fitted(dims, [](auto& d) { return d["S"] ^ d["B"]; }), "none");
  EXPECT_EQ(fitted({}, [n = 0](auto&) mutable { return n++; }), "none");
}

TEST(Fit, ProbesTellDimsApart) {
  for (size_t count = 1; count <= 9; ++count) {
    std::vector<std::string> dims;
    for (size_t i = 0; i < count; ++i) dims.push_back("d" + std::to_string(i));
    for (const Dim::Sizes& sizes : probe_sizes(dims)) {
      std::set<int64_t> distinct;
      for (const auto& [name, size] : sizes) distinct.insert(size);
      EXPECT_EQ(distinct.size(), count);
    }
    for (const std::string& name : dims) EXPECT_EQ(fitted(dims, [&](auto& d) { return d[name]; }), name);
  }
}

}  // namespace
}  // namespace octavo::observe
