#include "codegen/calibrate/inputs.h"

#include <gtest/gtest.h>

namespace octavo::calibrate {
namespace {

using base::Error;
using base::Exit;
using graph::Dim;
using graph::DType;

// The error's text, which must be a usage error.
template <typename Work>
std::string usage_error(Work work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit, Exit::usage);
    return error.text();
  }
  ADD_FAILURE() << "no error";
  return {};
}

TEST(Inputs, ReadsNamesDtypesAndDims) {
  const InputDecl input = parse_input("input_ids:int64[B,S]");
  EXPECT_EQ(input.name, "input_ids");
  EXPECT_EQ(input.dtype, DType::i64);
  EXPECT_EQ(input.dims, (graph::Shape{Dim::named("B"), Dim::named("S")}));
  EXPECT_EQ(parse_input(" x : f32 [ B , 12 ] ").dims, (graph::Shape{Dim::named("B"), Dim(12)}));
  EXPECT_EQ(parse_input("flag:bool[]").dims, graph::Shape{});
}

TEST(Inputs, PrintsAsParsed) {
  for (const char* text : {"input_ids:int64[B,S]", "x:float32[B,3,8]", "n:int32[]", "m:bool[1]"}) {
    EXPECT_EQ(parse_input(text).text(), text);
    EXPECT_EQ(parse_input(parse_input(text).text()), parse_input(text));
  }
}

TEST(Inputs, ShowsWhereADeclarationBreaks) {
  EXPECT_EQ(usage_error([] { (void)parse_input("input_ids:int46[B,S]"); }),
            "error: input declaration: unknown dtype 'int46'\n"
            "  input_ids:int46[B,S]\n"
            "            ^~~~~\n"
            "  fix: did you mean int64?");
  EXPECT_NE(usage_error([] { (void)parse_input("input_ids"); }).find("expected ':'"), std::string::npos);
}

TEST(Inputs, RefusesWhatIsNoDeclaration) {
  for (const char* text :
       {"", ":", "x", "x:", "x:int64", "x:int64[", "x:int64[B", "x:int64[B,]", "x:int64[,B]", "x:int64[B]]",
        "x:int64[0]", "x:int64[-1]", "x:int64[9999999999]", "x:int64[1B]", "1x:int64[B]", "x:complex64[B]",
        "x:int64[B*S]", "x:int64[A,B,C,D,E,F,G,H,I]", "x:int64[B] y"}) {
    usage_error([&] { (void)parse_input(text); });
  }
}

TEST(Inputs, RefusesTheSameNameTwice) {
  EXPECT_NE(usage_error([] { (void)parse_inputs({"x:int64[B]", "x:int64[B]"}); }).find("'x' is declared twice"),
            std::string::npos);
}

TEST(Inputs, ListsDimsInOrderOfAppearance) {
  const auto inputs = parse_inputs({"a:int64[T,B]", "b:f32[B,4,A]"});
  EXPECT_EQ(dim_names(inputs), (std::vector<std::string>{"T", "B", "A"}));
}

TEST(Inputs, KnowsASharedBatch) {
  EXPECT_TRUE(share_leading_dim(parse_inputs({"a:int64[B,S]", "b:int64[B]"})));
  EXPECT_TRUE(share_leading_dim(parse_inputs({"a:int64[1,S]"})));
  EXPECT_FALSE(share_leading_dim(parse_inputs({"a:int64[B,S]", "b:int64[S,B]"})));
  EXPECT_FALSE(share_leading_dim(parse_inputs({"a:int64[B,S]", "b:int64[]"})));
  EXPECT_FALSE(share_leading_dim({}));
}

TEST(Inputs, ReadsSizes) {
  EXPECT_EQ(parse_sizes("B=1,S=128", {"B", "S"}), (Dim::Sizes{{"B", 1}, {"S", 128}}));
  for (const char* text :
       {"", "B=1", "B=1,S=0", "B=1,S=x", "B=1,S=2,S=3", "B=1,S=2,T=3", "B=1,S", "B=1,,S=2", "B=1,S=-2"}) {
    usage_error([&] { (void)parse_sizes(text, {"B", "S"}); });
  }
}

}  // namespace
}  // namespace octavo::calibrate
