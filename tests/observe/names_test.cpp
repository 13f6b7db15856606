#include "codegen/observe/names.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace octavo::observe {
namespace {

using File = std::map<std::string, base::TensorInfo>;

ModelTensor parameter(const std::string& name, std::vector<int64_t> shape) {
  return {name, std::move(shape), false, true, "F32", ""};
}
ModelTensor buffer(const std::string& name, std::vector<int64_t> shape) {
  return {name, std::move(shape), true, false, "I64", ""};
}

std::string refusal(const std::vector<ModelTensor>& model, const File& file) {
  try {
    (void)match_names(model, file, "model.safetensors");
  } catch (const base::Error& error) {
    EXPECT_EQ(error.exit, base::Exit::refused);
    EXPECT_EQ(error.place.file, "model.safetensors");
    return error.cause;
  }
  return "no error";
}

TEST(Names, MatchByThemselves) {
  const auto matching = match_names({parameter("a.weight", {2}), parameter("b", {})},
                                    {{"a.weight", {"BF16", {2}}}, {"b", {"F16", {}}}}, "f");
  EXPECT_EQ(matching.file_name, (std::map<std::string, std::string>{{"a.weight", "a.weight"}, {"b", "b"}}));
  EXPECT_TRUE(matching.notes.empty());
}

TEST(Names, AllProblemsInOneError) {
  EXPECT_EQ(
      refusal({parameter("here", {2}), parameter("absent", {3}), parameter("wide", {4}), buffer("counts", {1})},
              {{"here", {"F32", {2}}}, {"wide", {"F32", {4, 1}}}, {"more", {"F32", {7}}}, {"counts", {"F32", {1}}}}),
      "does not hold the tensors of the model: 4 problems\n"
      "  missing: 'absent' [3]\n"
      "  shape: 'wide' is [4, 1], the model has [4]\n"
      "  dtype: 'counts' is F32, the model has I64\n"
      "  extra: 'more' [7]");
  EXPECT_NE(refusal({parameter("query.weight", {1})}, {{"querry.weight", {"F32", {1}}}})
                .find("did you mean 'querry.weight'?"),
            std::string::npos);
  EXPECT_NE(refusal({parameter("a", {1})}, {{"a", {"F64", {1}}}}).find("dtype: 'a' is F64"), std::string::npos);
}

TEST(Names, PrefixOfAWholeModelIsStripped) {
  const File file = {{"bert.a", {"F32", {1}}}, {"bert.b", {"F32", {1}}}, {"cls.bias", {"F32", {9}}}};
  const auto matching = match_names({parameter("a", {1}), parameter("b", {1})}, file, "f");
  EXPECT_EQ(matching.file_name.at("a"), "bert.a");
  ASSERT_EQ(matching.notes.size(), 2U);
  EXPECT_EQ(matching.notes[0], "prefix 'bert.' of the file's names is stripped");
  EXPECT_EQ(matching.notes[1], "'cls.bias' belongs to another head; it is not read");
}

TEST(Names, PrefixIsAddedForAHead) {
  const File file = {{"a", {"F32", {1}}}, {"b", {"F32", {1}}}, {"head", {"F32", {2}}}};
  const auto matching =
      match_names({parameter("bert.a", {1}), parameter("bert.b", {1}), parameter("head", {2})}, file, "f");
  EXPECT_EQ(matching.file_name.at("bert.b"), "b");
  EXPECT_EQ(matching.file_name.at("head"), "head");
}

TEST(Names, UnknownPrefixIsAnError) {
  EXPECT_NE(refusal({parameter("a", {1})}, {{"berth.a", {"F32", {1}}}}).find("extra: 'berth.a'"), std::string::npos);
}

TEST(Names, OldLayerNormSpelling) {
  const File file = {{"x.LayerNorm.gamma", {"F32", {1}}}, {"x.LayerNorm.beta", {"F32", {1}}}};
  const auto matching =
      match_names({parameter("x.LayerNorm.weight", {1}), parameter("x.LayerNorm.bias", {1})}, file, "f");
  EXPECT_EQ(matching.file_name.at("x.LayerNorm.bias"), "x.LayerNorm.beta");
}

TEST(Names, ComputedBuffersMayBeAbsentOrLeftOver) {
  const auto absent =
      match_names({parameter("a", {1}), buffer("emb.position_ids", {1, 8})}, {{"a", {"F32", {1}}}}, "f");
  EXPECT_FALSE(absent.file_name.contains("emb.position_ids"));
  EXPECT_EQ(absent.notes.size(), 1U);
  const auto left =
      match_names({parameter("a", {1})}, {{"a", {"F32", {1}}}, {"emb.position_ids", {"I64", {1, 8}}}}, "f");
  EXPECT_EQ(left.notes.size(), 1U);
  EXPECT_NE(refusal({parameter("a", {1}), buffer("running_mean", {1})}, {{"a", {"F32", {1}}}})
                .find("missing: 'running_mean'"),
            std::string::npos);
}

TEST(Names, OneNameOfATiedPairIsEnough) {
  ModelTensor head = parameter("head.weight", {4, 2});
  head.tied_to = "table.weight";
  const auto model = std::vector<ModelTensor>{parameter("table.weight", {4, 2}), head};
  EXPECT_EQ(match_names(model, {{"table.weight", {"F32", {4, 2}}}}, "f").file_name.size(), 1U);
  EXPECT_EQ(match_names(model, {{"head.weight", {"F32", {4, 2}}}}, "f").file_name.size(), 1U);
}

}  // namespace
}  // namespace octavo::observe
