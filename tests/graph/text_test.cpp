#include "codegen/graph/text.h"

#include <gtest/gtest.h>

#include <random>

#include "base/error.h"
#include "base/files.h"

namespace octavo::graph {
namespace {

constexpr const char* kText = R"(graph bert(B, S)
input %ids: i64[B, S]
weight %w0: f32[384, 384] = "a.weight"
weight %w1: f32[768, 384] = "a \"q\".weight" ++ "b.weight"
weight %w2: f32[384, 96] = "c.weight" permuted [1, 0]
require S <= 512 "position table" @ my models/bert.cpp:31
%0: f32[B, S, 384] = embedding(%w0, %ids) {site = "word"}
%1, %2: u8[B, S, 384], f32[B, S] = quantize_rows(%0)
%3: f32[2*B, B*((S + 1)/2)] = odd(%1, none, %2) {a = true, b = -1, c = 1e-12, d = [B, 2*S, -1], e = 1.0, f = "x, }", g = 2*S + 1, h = -inf, i = []} @ bert.cpp:57:12
output "output" = %3
output "second" = %0
)";

std::string error_of(const std::string& text) {
  try {
    (void)parse(text, "g");
  } catch (const base::Error& error) {
    return error.text();
  }
  return "no error";
}

TEST(Text, RoundTrips) {
  const Graph graph = parse(kText);
  EXPECT_EQ(print(graph), kText);
  EXPECT_EQ(graph.calls[2].where, (base::Place{"bert.cpp", 57, 12}));
  EXPECT_EQ(graph.requirements[0].where, (base::Place{"my models/bert.cpp", 31, 0}));
  EXPECT_EQ(graph.calls[2].number("c"), 1e-12);
  EXPECT_EQ(graph.calls[2].integer("b"), -1);
  EXPECT_EQ(graph.calls[2].number("b"), -1.0);
  EXPECT_THROW((void)graph.calls[2].integer("g"), base::Error);
  EXPECT_THROW((void)graph.calls[2].string("a"), base::Error);
  EXPECT_THROW((void)graph.calls[2].string("zz"), base::Error);
}

TEST(Text, ErrorsNameTheLine) {
  EXPECT_NE(error_of("graph g()\nweight %w: f32[2, 2] = \"w\" permuted [0, 0]").find("is no order of dims"),
            std::string::npos);
  EXPECT_EQ(error_of("input %a: i64[B]"), "g:1:1: error: a 'graph' line comes first");
  EXPECT_EQ(error_of("graph g(B)\n\n%1: f32[B] = add(%0)"), "g:3:20: error: %0 is not defined above");
  EXPECT_NE(error_of("graph g(B)\ninput %a: i63[B]").find("unknown dtype 'i63'"), std::string::npos);
  EXPECT_NE(error_of("graph g(B)\ninput %a: i64[B]\ninput %a: i64[B]").find("defined twice"), std::string::npos);
  EXPECT_NE(error_of("graph g()\ninput %a: i64[]\n%b: f32[] = neg(%a) x").find("unexpected text"), std::string::npos);
  EXPECT_NE(error_of("graph g()\ninput %a: i64[]\n%b: f32[] = neg(%a) {x = }").find("is not a size"),
            std::string::npos);
}

TEST(Text, DamagedTextIsAnErrorNeverACrash) {
  std::mt19937 random(3);
  const std::string sound = kText;
  for (int round = 0; round < 3000; ++round) {
    std::string text = sound;
    for (int edit = 0; edit < 3; ++edit) text[random() % text.size()] = static_cast<char>(32 + random() % 95);
    try {
      const Graph graph = parse(text);
      EXPECT_EQ(print(parse(print(graph))), print(graph));
    } catch (const base::Error&) {  // also a fine answer
    }
  }
}

TEST(GraphFile, RoundTripsAndRefusesOthers) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "octavo_graph_test.json";
  write_graph_file(path, {parse(kText), "models/bert.cpp"});
  const GraphFile file = read_graph_file(path);
  EXPECT_EQ(print(file.graph), kText);
  EXPECT_EQ(file.source, "models/bert.cpp");
  for (const char* bad : {"", "[]", "{\"schema\": 2}", "{\"schema\": 1}", "{\"schema\": 1, \"graph\": [3]}",
                          "{\"schema\": 1, \"graph\": [\"graph g()\"]}"}) {
    base::write_file(path, bad);
    EXPECT_THROW((void)read_graph_file(path), base::Error) << bad;
  }
}

}  // namespace
}  // namespace octavo::graph
