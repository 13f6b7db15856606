#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

#include "codegen/emit/cpp_text.h"
#include "codegen/emit/site.h"
#include "codegen/emit/templates.h"

namespace octavo::emit {
namespace {

TEST(CppText, IdentifiersAreNeverKeywordsOrTaken) {
  EXPECT_EQ(identifier("input_ids"), "input_ids");
  EXPECT_EQ(identifier("all-MiniLM-L6"), "all_MiniLM_L6");
  EXPECT_EQ(identifier("output.0"), "output_0");
  EXPECT_EQ(identifier("0"), "x0");
  EXPECT_EQ(identifier("new"), "new_");
  EXPECT_EQ(identifier("attention"), "attention_");
  EXPECT_EQ(identifier(""), "x");
}

TEST(CppText, LiteralsReadBackAsTheSameValue) {
  for (const float value : {0.1F, -3.4028234663852886e38F, 1e-12F, 1.0F, 0.0F, 1e-45F}) {
    const std::string text = float_literal(value);
    ASSERT_EQ(text.back(), 'f');
    EXPECT_EQ(std::strtof(text.c_str(), nullptr), value);
    EXPECT_NE(text.find_first_of(".e"), std::string::npos);
  }
  EXPECT_EQ(float_literal(-INFINITY), "-std::numeric_limits<float>::infinity()");
  EXPECT_EQ(double_literal(2), "2.0");
  EXPECT_EQ(int64_literal(std::numeric_limits<int64_t>::min()), "INT64_MIN");
  EXPECT_EQ(string_literal("a\"b\\c\n1"), "\"a\\\"b\\\\c\\0121\"");
}

TEST(CppText, SizesReadAsPeopleWriteThem) {
  EXPECT_EQ(expression(graph::Dim::parse("2*B*S + 1")), "2 * B * S + 1");
  EXPECT_EQ(expression(graph::Dim::parse("(S + 1)/2")), "(S + 1) / 2");
  EXPECT_EQ(list({graph::Dim::named("B"), 3}), "{B, 3}");
}

TEST(CppText, LongCallsBreakAtTheColumnLimit) {
  const std::vector<std::string> items(30, "argument");
  const auto lines = wrapped("call(", items, ");", 2);
  ASSERT_GT(lines.size(), 1U);
  for (const std::string& line : lines) EXPECT_LE(line.size(), 120U);
  EXPECT_EQ(wrapped("f(", {"a", "b"}, ");", 2), std::vector<std::string>{"  f(a, b);"});
}

TEST(CppText, MentionsFindsWholeWordsOnly) {
  EXPECT_TRUE(mentions("f(B * S)", "S"));
  EXPECT_FALSE(mentions("f(run.S)", "S"));
  EXPECT_FALSE(mentions("f(Status)", "S"));
}

TEST(Site, NamesFromPaths) {
  EXPECT_EQ(short_name("encoder.layer.0.attention.self.query"), "self_query");
  EXPECT_EQ(short_name("a.query,a.key,a.value"), "query_key_value");
  EXPECT_EQ(block_of("encoder.layer.10.output.dense"), "encoder.layer.10");
  EXPECT_EQ(block_of("pooler.dense"), "pooler");
  graph::Call call;
  call.op = "linear";
  call.attributes["site"] = std::string("x");
  EXPECT_EQ(comment_site(call, "a.b.query,a.b.key"), "a.b.{query, key}");
  EXPECT_EQ(braced({"a.q.weight", "a.k.weight"}), "a.{q, k}.weight");
  EXPECT_EQ(braced({"a.q.weight", "b.k.weight"}), "a.q.weight ++ b.k.weight");
  EXPECT_EQ(braced({"a.weight", "b.a.weight"}), "a.weight ++ b.a.weight");
  EXPECT_EQ(braced({"one"}), "one");
}

TEST(Template, EveryKeyMustHaveAValue) {
  EXPECT_EQ(fill("a @X@ b", {{"X", "1"}}), "a 1 b");
  EXPECT_THROW((void)fill("a @Y@", {{"X", "1"}}), base::Error);
}

}  // namespace
}  // namespace octavo::emit
