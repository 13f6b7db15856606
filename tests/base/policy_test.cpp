#include "base/policy.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"

namespace octavo::base {
namespace {

std::string error_of(std::string_view text) {
  try {
    (void)Policy::parse(text, "octavo.toml");
  } catch (const Error& error) {
    EXPECT_EQ(error.exit, Exit::refused);
    return error.text();
  }
  return "no error";
}

TEST(Policy, DefaultsQuantiseLinearsAndEmbeddingsDynamically) {
  const Policy policy;
  EXPECT_TRUE(policy.site(SiteKind::linear, "a").int8);
  EXPECT_TRUE(policy.site(SiteKind::embedding, "a").int8);
  EXPECT_FALSE(policy.site(SiteKind::matmul, "a").int8);
  EXPECT_FALSE(policy.site(SiteKind::layer_norm, "a").int8);
  EXPECT_FALSE(policy.site(SiteKind::linear, "a").static_activations);
  EXPECT_FALSE(Policy::fp32().site(SiteKind::linear, "a").int8);
}

TEST(Policy, LaterSitesWin) {
  const Policy policy = Policy::parse(R"(
[defaults]
matmul = "int8"
activations = "static"
[[site]]
match = "layer.*.dense"
precision = "float"
[[site]]
match = "layer.3.dense"
precision = "int8"
activations = "dynamic"
[rewrite]
skip = ["BertPooler.*"]
)",
                                      "octavo.toml");
  EXPECT_TRUE(policy.site(SiteKind::matmul, "x").int8);
  EXPECT_TRUE(policy.site(SiteKind::matmul, "x").static_activations);
  EXPECT_FALSE(policy.site(SiteKind::linear, "layer.1.dense").int8);
  EXPECT_TRUE(policy.site(SiteKind::linear, "layer.3.dense").int8);
  EXPECT_FALSE(policy.site(SiteKind::linear, "layer.3.dense").static_activations);
  EXPECT_NE(policy.skipped({"BertPooler.dense", "BertPooler", "torch::nn::Linear", "OCT101"}), nullptr);
  EXPECT_EQ(policy.skipped({"BertPoolerX.dense", "BertPoolerX", "torch::nn::Linear", "OCT101"}), nullptr);
}

TEST(Policy, SitesByKind) {
  const Policy policy = Policy::parse(
      "[[site]]\nkind = \"matmul\"\nprecision = \"int8\"\n[[site]]\nmatch = \"a.*\"\nkind = \"linear\"\n"
      "precision = \"float\"\n",
      "octavo.toml");
  EXPECT_TRUE(policy.site(SiteKind::matmul, "x").int8);
  EXPECT_FALSE(policy.site(SiteKind::linear, "a.b").int8);
  EXPECT_TRUE(policy.site(SiteKind::embedding, "a.b").int8);
  EXPECT_NO_THROW(policy.check_patterns({"a.b"}));
  EXPECT_NE(error_of("[[site]]\nkind = \"matmull\"").find("did you mean 'matmul'?"), std::string::npos);
}

TEST(Policy, IsFoundAtOrAboveTheSource) {
  const std::filesystem::path root =
      std::filesystem::temp_directory_path() / ("octavo-policy-" + std::to_string(getpid()));
  std::filesystem::create_directories(root / "a/b");
  write_file(root / "octavo.toml", "");
  EXPECT_EQ(Policy::find(root / "a/b/model.cpp"), root / "octavo.toml");
  write_file(root / "a/octavo.toml", "");
  EXPECT_EQ(Policy::find(root / "a/b/model.cpp"), root / "a/octavo.toml");
  EXPECT_EQ(Policy::find(root / "model.cpp"), root / "octavo.toml");
  std::filesystem::remove_all(root);
}

TEST(Policy, WeightsAreBoundedExactOrByThemselves) {
  const Policy policy = Policy::parse(
      "[defaults]\nweights = \"bounded\"\n[[site]]\nmatch = \"a.*\"\nweights = \"exact\"\n"
      "[[site]]\nmatch = \"a.b\"\nweights = \"auto\"\n",
      "octavo.toml");
  EXPECT_EQ(Policy().site(SiteKind::linear, "a").weights, WeightRule::automatic);
  EXPECT_EQ(policy.site(SiteKind::linear, "b").weights, WeightRule::bounded);
  EXPECT_EQ(policy.site(SiteKind::linear, "a.c").weights, WeightRule::exact);
  EXPECT_EQ(policy.site(SiteKind::linear, "a.b").weights, WeightRule::automatic);
  for (const WeightRule rule : {WeightRule::automatic, WeightRule::bounded, WeightRule::exact})
    EXPECT_EQ(weight_rule(name(rule)), rule);
  EXPECT_EQ(error_of("[[site]]\nmatch = \"a\"\nweights = \"exakt\""),
            "octavo.toml:3:11: error: unknown value of 'weights' 'exakt'\n  fix: did you mean 'exact'?");
  EXPECT_NE(error_of("[defaults]\nweigths = \"auto\"").find("did you mean 'weights'?"), std::string::npos);
}

TEST(Policy, UnknownWordsAreErrorsWithASuggestion) {
  EXPECT_EQ(error_of("[defaults]\nlineer = \"int8\""),
            "octavo.toml:2:10: error: unknown key 'lineer'\n  fix: did you mean 'linear'?");
  EXPECT_NE(error_of("[defaults]\nlinear = \"int4\"").find("unknown value of 'linear' 'int4'"), std::string::npos);
  EXPECT_NE(error_of("[sites]\n").find("did you mean 'site'?"), std::string::npos);
  EXPECT_NE(error_of("[[site]]\nprecision = \"int8\"").find("without 'match'"), std::string::npos);
  EXPECT_NE(error_of("[defaults]\nlinear = 8").find("'linear' is a string"), std::string::npos);
  EXPECT_NE(error_of("[defaults\n").find("is not TOML"), std::string::npos);
  EXPECT_NE(error_of("site = 3").find("list of tables"), std::string::npos);
  EXPECT_NE(error_of("[rewrite]\nskip = \"a\"").find("list of patterns"), std::string::npos);
}

TEST(Policy, PatternsThatMatchNothingAreErrors) {
  const Policy policy = Policy::parse("[[site]]\nmatch = \"layer.1.dens\"\n", "octavo.toml");
  EXPECT_THROW(policy.check_patterns({"layer.1.dense", "layer.10.dense"}), Error);
  try {
    policy.check_patterns({"layer.1.dense"});
  } catch (const Error& error) {
    EXPECT_EQ(error.text(),
              "octavo.toml:1: error: no site matches 'layer.1.dens'\n  fix: did you mean 'layer.1.dense'?");
  }
  EXPECT_NO_THROW(policy.check_patterns({"layer.1.dens"}));
}

}  // namespace
}  // namespace octavo::base
