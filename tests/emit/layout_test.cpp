#include "codegen/emit/layout.h"

#include <gtest/gtest.h>

namespace octavo::emit {
namespace {

Dim B() { return Dim::named("B"); }
Dim S() { return Dim::named("S"); }

Layout fresh(const Shape& shape) { return {0, 0, row_major(shape)}; }

TEST(Layout, RowMajorStridesAreExpressions) {
  EXPECT_EQ(graph::text(row_major({B(), S(), 384})), "[384*S, 384, 1]");
  EXPECT_EQ(graph::text(row_major({B(), S(), 22}, 24)), "[24*S, 24, 1]");
  EXPECT_TRUE(row_major({}).empty());
}

TEST(Layout, HeadsSplitAndMergeWithoutACopy) {
  const Shape merged = {B(), S(), 1152};
  const Layout key = sliced(fresh(merged), 2, 384, 1);
  const auto heads = reshaped({B(), S(), 384}, key, {B(), S(), 12, 32});
  ASSERT_TRUE(heads);
  EXPECT_EQ(graph::text(heads->stride), "[1152*S, 1152, 32, 1]");
  EXPECT_TRUE(heads->offset.is(384));
  const auto back = reshaped({B(), S(), 12, 32}, *heads, {B() * S(), 384});
  ASSERT_TRUE(back);
  EXPECT_EQ(graph::text(back->stride), "[1152, 1]");
}

TEST(Layout, AReshapeThatStridesCannotSayNeedsACopy) {
  const Layout turned = permuted(fresh({B(), S(), 12, 32}), {0, 2, 1, 3});
  EXPECT_FALSE(reshaped({B(), 12, S(), 32}, turned, {B(), S(), 384}));
  EXPECT_FALSE(as_rows({B(), S(), 6}, permuted(fresh({B(), 6, S()}), {0, 2, 1})));
}

TEST(Layout, DimsOfOneComeAndGo) {
  const auto mask = reshaped({B(), S()}, fresh({B(), S()}), {B(), 1, 1, S()});
  ASSERT_TRUE(mask);
  const auto seen = broadcast({B(), 1, 1, S()}, *mask, {B(), 12, S(), S()});
  ASSERT_TRUE(seen);
  EXPECT_EQ(graph::text(seen->stride), "[S, 0, 0, 1]");
  EXPECT_FALSE(broadcast({B(), 2}, fresh({B(), 2}), {B(), 3}));
}

TEST(Layout, TheRowsOfOneTokenHaveAPitch) {
  Layout first = sliced(fresh({B(), S(), 384}), 1, 0, 1);
  first.stride.erase(first.stride.begin() + 1);
  const auto rows = as_rows({B(), 384}, first);
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->rows.text(), "B");
  EXPECT_EQ(rows->pitch.text(), "384*S");
}

}  // namespace
}  // namespace octavo::emit
