// What cannot be emitted is refused at its place, before any file is there.
#include <gtest/gtest.h>

#include "codegen/graph/text.h"
#include "tests/emit/fixtures.h"

namespace octavo::emit::test {
namespace {

namespace fs = std::filesystem;

// The error of emitting `statements` over x: f32[B, 8]; fails when there is none or when it left files.
base::Error refusal(const std::string& statements, const std::string& result = "%y",
                    const std::string& tensors_of = {}) {
  const fs::path folder = fs::path(testing::TempDir()) / "octavo_emit_refusal";
  fs::remove_all(folder);
  const std::string text =
      "graph refused(B)\ninput %x: f32[B, 8]\n" + statements + "output \"output\" = " + result + "\n";
  const graph::Graph graph = graph::parse(text, "refused");
  const base::Safetensors tensors =
      make_tensors(tensors_of.empty() ? graph : graph::parse("graph refused(B)\n" + tensors_of), folder);
  try {
    emit({.graph = graph, .tensors = tensors, .name = "refused", .source = "refused.cpp"}, folder);
  } catch (const base::Error& error) {
    EXPECT_FALSE(fs::exists(folder / "refused.h"));
    EXPECT_FALSE(fs::exists(folder / "refused.cpp"));
    EXPECT_FALSE(fs::exists(folder / "refused.weights"));
    return error;
  }
  ADD_FAILURE() << "emitted:\n" << text;
  return {base::Exit::internal, {}, ""};
}

TEST(Refusal, OperatorsWithoutAnEmitterAreNamedAllTogether) {
  const base::Error error = refusal(
      "%a: f32[B, 8] = sotfmax(%x) {dim = 1} @ refused.cpp:7\n%y: f32[B, 8] = aten.fft_fft(%a) @ refused.cpp:9:2\n");
  EXPECT_EQ(error.exit, base::Exit::refused);
  EXPECT_EQ(error.place.text(), "refused.cpp:7");
  EXPECT_NE(error.cause.find("'sotfmax' (there is 'softmax')"), std::string::npos) << error.cause;
  EXPECT_NE(error.cause.find("refused.cpp:9:2: no C++ is emitted for 'aten.fft_fft'"), std::string::npos)
      << error.cause;
}

TEST(Refusal, TensorsThatAreMissingOrMisshapedAreListedTogether) {
  const base::Error error = refusal(
      "weight %w: f32[4, 8] = \"fc.weight\"\nweight %b: f32[4] = \"fc.bias\"\n"
      "%y: f32[B, 4] = linear(%x, %w, %b) {site = \"fc\"} @ refused.cpp:3\n",
      "%y", "weight %w: f32[4, 9] = \"fc.weight\"\n");
  EXPECT_EQ(error.exit, base::Exit::refused);
  EXPECT_NE(error.cause.find("fc.weight is [4, 9], f32[4, 8] is needed"), std::string::npos) << error.cause;
  EXPECT_NE(error.cause.find("fc.bias is missing"), std::string::npos) << error.cause;
}

TEST(Refusal, ATensorOfAnotherDtype) {
  const base::Error error = refusal("weight %w: f32[8] = \"gain\"\n%y: f32[B, 8] = mul(%x, %w) @ refused.cpp:3\n", "%y",
                                    "weight %w: i64[8] = \"gain\"\n");
  EXPECT_NE(error.cause.find("gain is I64"), std::string::npos) << error.cause;
}

TEST(Refusal, ShapesThatDoNotBelongTogether) {
  const std::string linear =
      "weight %w: f32[4, 9] = \"fc.weight\"\n%y: f32[B, 4] = linear(%x, %w, none) {site = \"fc\"} @ refused.cpp:3\n";
  EXPECT_EQ(refusal(linear).place.text(), "refused.cpp:3");
  EXPECT_EQ(refusal("%y: f32[B, 8] = layer_norm(%x, none, none, none) {eps = 1e-5, quantize = true} @ r.cpp:4\n").exit,
            base::Exit::refused);
  EXPECT_EQ(refusal("%y: f32[B, 8] = attention(%x, %x, %x, none) {heads = 2, scale = 1.0} @ r.cpp:5\n").exit,
            base::Exit::refused);
  EXPECT_EQ(refusal("%y: f32[B, 7] = reshape(%x) {shape = [B, 7]} @ r.cpp:6\n").place.text(), "r.cpp:6");
  EXPECT_EQ(refusal("%y: f32[B, 8] = softmax(%x) {dim = 2} @ r.cpp:7\n").place.text(), "r.cpp:7");
}

TEST(Refusal, AMatrixThatForwardComputes) {
  const base::Error error = refusal("%y: f32[B, 8] = linear(%x, %x, none) {site = \"fc\"} @ refused.cpp:3\n");
  EXPECT_NE(error.cause.find("computed in forward"), std::string::npos) << error.cause;
}

TEST(Refusal, ArithmeticThatNoKernelHas) {
  const base::Error error = refusal("%y: f64[B, 8] = cast(%x) {dtype = \"f64\"} @ refused.cpp:3\n");
  EXPECT_NE(error.cause.find("f64"), std::string::npos) << error.cause;
  EXPECT_EQ(error.place.text(), "refused.cpp:3");
}

TEST(Refusal, ADimThatNoInputBinds) {
  const graph::Graph graph =
      graph::parse("graph unbound(B, T)\ninput %x: f32[B, 8]\n%y: f32[B, 8] = relu(%x)\noutput \"output\" = %y\n");
  const base::Safetensors tensors = make_tensors(graph, fs::path(testing::TempDir()) / "octavo_emit_unbound");
  EXPECT_THROW((void)emit({.graph = graph, .tensors = tensors, .name = "unbound", .source = ""}), base::Error);
  EXPECT_THROW((void)emit({.graph = graph, .tensors = tensors, .name = "a/b", .source = ""}), base::Error);
}

}  // namespace
}  // namespace octavo::emit::test
