#include "base/error.h"

#include <gtest/gtest.h>

#include "base/glob.h"

namespace octavo::base {
namespace {

TEST(Error, PrintsPlaceCauseAndFix) {
  EXPECT_EQ(Error(Exit::refused, {"bert.cpp", 57, 12}, "no lowering", "use matmul").text(),
            "bert.cpp:57:12: error: no lowering\n  fix: use matmul");
  EXPECT_EQ(Error(Exit::usage, {}, "two sources").text(), "error: two sources");
  EXPECT_EQ(Error(Exit::refused, {"model.safetensors"}, "is empty").text(), "model.safetensors: error: is empty");
}

TEST(Nearest, FindsASlipOfTheHandOnly) {
  const std::vector<std::string> words = {"linear", "embedding", "matmul"};
  EXPECT_EQ(nearest("lineer", words), "linear");
  EXPECT_EQ(nearest("matmull", words), "matmul");
  EXPECT_EQ(nearest("convolution", words), "");
}

TEST(Glob, MatchesWholeSegments) {
  EXPECT_TRUE(glob_match("encoder.layer.*.output.dense", "encoder.layer.11.output.dense"));
  EXPECT_FALSE(glob_match("encoder.layer.1", "encoder.layer.10"));
  EXPECT_FALSE(glob_match("encoder.*.dense", "encoder.layer.1.dense"));
  EXPECT_TRUE(glob_match("encoder.**.dense", "encoder.layer.1.dense"));
  EXPECT_TRUE(glob_match("**", "anything.at.all"));
  EXPECT_TRUE(glob_match("*.query", "self.query"));
  EXPECT_FALSE(glob_match("*.query", "self.query_norm"));
  EXPECT_TRUE(glob_match("", ""));
  EXPECT_FALSE(glob_match("", "a"));
}

}  // namespace
}  // namespace octavo::base
