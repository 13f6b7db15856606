// OCT101 and OCT102: every place where torch::nn::Linear or Embedding is spelled, by type.
#include <gmock/gmock.h>

#include "fixture.h"

namespace octavo::rewriter {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ModuleTypes, Members) {
  EXPECT_EQ(rewritten("struct N : torch::nn::Module { torch::nn::Linear a{nullptr}, b{nullptr}; };\n"),
            "struct N : torch::nn::Module { octavo::nn::QuantLinear a{nullptr}, b{nullptr}; };\n");
  EXPECT_EQ(rewritten("struct N : torch::nn::Module { torch::nn::Embedding words{8, 4}; };\n"),
            "struct N : torch::nn::Module { octavo::nn::QuantEmbedding words{8, 4}; };\n");
}

TEST(ModuleTypes, Constructions) {
  EXPECT_EQ(rewritten("struct N : torch::nn::Module {\n"
                      "  N() { a = register_module(\"a\", torch::nn::Linear(4, 4)); }\n"
                      "  torch::nn::Linear a{nullptr};\n"
                      "};\n"),
            "struct N : torch::nn::Module {\n"
            "  N() { a = register_module(\"a\", octavo::nn::QuantLinear(4, 4)); }\n"
            "  octavo::nn::QuantLinear a{nullptr};\n"
            "};\n");
  EXPECT_EQ(rewritten("auto s = torch::nn::Sequential(torch::nn::Linear(torch::nn::LinearOptions(4, 4).bias(false)), "
                      "torch::nn::Dropout(), torch::nn::Linear(4, 4));\n"),
            "auto s = torch::nn::Sequential(octavo::nn::QuantLinear(torch::nn::LinearOptions(4, 4).bias(false)), "
            "torch::nn::Dropout(), octavo::nn::QuantLinear(4, 4));\n");
}

TEST(ModuleTypes, SpellingsAreIrrelevant) {
  EXPECT_EQ(rewritten("namespace nn = torch::nn;\nnn::Linear a(4, 4);\nnn::Dropout d;\n"),
            "namespace nn = torch::nn;\noctavo::nn::QuantLinear a(4, 4);\nnn::Dropout d;\n");
  EXPECT_EQ(rewritten("using torch::nn::Linear;\nLinear a(4, 4);\n"),
            "using torch::nn::Linear;\noctavo::nn::QuantLinear a(4, 4);\n");
  EXPECT_EQ(rewritten("using namespace torch;\nnn::Embedding a(4, 4);\n"),
            "using namespace torch;\noctavo::nn::QuantEmbedding a(4, 4);\n");
  EXPECT_EQ(rewritten("using namespace torch::nn;\nLinear a(4, 4);\ntorch::nn::Linear b(4, 4);\n"),
            "using namespace torch::nn;\noctavo::nn::QuantLinear a(4, 4);\noctavo::nn::QuantLinear b(4, 4);\n");
  EXPECT_EQ(rewritten("::torch::nn::Linear a(4, 4);\n"), "::octavo::nn::QuantLinear a(4, 4);\n");
}

TEST(ModuleTypes, AliasesAreEditedOnce) {
  EXPECT_EQ(rewritten("using Dense = torch::nn::Linear;\nDense a(4, 4), b(4, 4);\n"),
            "using Dense = octavo::nn::QuantLinear;\nDense a(4, 4), b(4, 4);\n");
}

TEST(ModuleTypes, TemplateArgumentsAndParameters) {
  EXPECT_EQ(rewritten("std::vector<torch::nn::Linear> layers;\nvoid init(torch::nn::Linear& l);\n"
                      "std::shared_ptr<torch::nn::LinearImpl> p = std::make_shared<torch::nn::LinearImpl>(4, 4);\n"),
            "std::vector<octavo::nn::QuantLinear> layers;\nvoid init(octavo::nn::QuantLinear& l);\n"
            "std::shared_ptr<octavo::nn::QuantLinearImpl> p = std::make_shared<octavo::nn::QuantLinearImpl>(4, 4);\n");
  EXPECT_EQ(rewritten("template <class T> struct N : torch::nn::Module { torch::nn::Linear a{nullptr}; };\n"
                      "template struct N<int>;\n"),
            "template <class T> struct N : torch::nn::Module { octavo::nn::QuantLinear a{nullptr}; };\n"
            "template struct N<int>;\n");
  EXPECT_EQ(rewritten("auto e = torch::nn::Embedding::from_pretrained({});\n"),
            "auto e = octavo::nn::QuantEmbedding::from_pretrained({});\n");
}

TEST(ModuleTypes, CommentsAndStringsStay) {
  EXPECT_EQ(
      rewritten(
          "// torch::nn::Linear\nconst char* s = \"torch::nn::Linear\"; /* x */ torch::nn::Linear /*l*/ a(4, 4);\n"),
      "// torch::nn::Linear\nconst char* s = \"torch::nn::Linear\"; /* x */ octavo::nn::QuantLinear /*l*/ a(4, 4);\n");
}

TEST(ModuleTypes, OtherTypesAreSilent) {
  EXPECT_THAT(remarks_of_unchanged("torch::nn::LinearOptions o(4, 4);\ntorch::nn::Dropout d;\n"), IsEmpty());
  EXPECT_THAT(remarks_of_unchanged("namespace own { struct Linear {}; }\nown::Linear a;\n"), IsEmpty());
}

TEST(ModuleTypes, LibraryModulesWithProductsAreNamed) {
  EXPECT_THAT(remarks_of_unchanged("struct Net : torch::nn::Module {\n"
                                   "  Net() : attention(torch::nn::MultiheadAttention(8, 2)) {}\n"
                                   "  torch::nn::MultiheadAttention attention;\n};\n"),
              ElementsAre(HasSubstr("Net.attention stays as it is: its products are in LibTorch's own forward")));
}

TEST(ModuleTypes, ConvolutionsAreNamed) {
  EXPECT_THAT(remarks_of_unchanged("struct Net : torch::nn::Module { torch::nn::Conv2d patches{nullptr}; };\n"),
              ElementsAre(HasSubstr("Net.patches stays as it is: a convolution")));
}

TEST(ModuleTypes, OwnModuleOfTheSameName) {
  EXPECT_THAT(remarks_of_unchanged("struct LinearImpl : torch::nn::Module {};\nLinearImpl a;\n"),
              ElementsAre(HasSubstr("Linear stays as it is: an own class, only called LinearImpl")));
}

TEST(ModuleTypes, CastsAndBasesStay) {
  EXPECT_THAT(remarks_of_unchanged("void f(torch::nn::Module& m) { m.as<torch::nn::LinearImpl>(); }\n"),
              ElementsAre(HasSubstr("a cast or a test of the type")));
  EXPECT_THAT(remarks_of_unchanged("struct Mine : torch::nn::LinearImpl { using LinearImpl::LinearImpl; };\n"),
              ElementsAre(HasSubstr("the base of an own class")));
}

TEST(ModuleTypes, CastsThatAreRunChangeWithTheirModules) {
  const std::string cast = "torch::Tensor f(torch::nn::Module& m, torch::Tensor x) { return m.as<";
  EXPECT_EQ(rewritten("torch::nn::Linear a(4, 4);\n" + cast + "torch::nn::LinearImpl>()->forward(x); }\n"),
            "octavo::nn::QuantLinear a(4, 4);\n" + cast + "octavo::nn::QuantLinearImpl>()->forward(x); }\n");
  // A module that stays would no longer be found.
  EXPECT_THAT(remarks_of_unchanged("struct Mine : torch::nn::LinearImpl { using LinearImpl::LinearImpl; };\n" + cast +
                                   "torch::nn::LinearImpl>()->forward(x); }\n"),
              ElementsAre(HasSubstr("the base of an own class"), HasSubstr("changes only when Mine")));
  // Only what is run: tests and initialisation find the quantised module as it is.
  EXPECT_THAT(
      remarks_of_unchanged("at::Tensor f(torch::nn::Module& m) { return m.as<torch::nn::LinearImpl>()->weight; }\n"),
      ElementsAre(HasSubstr("a cast or a test of the type")));
}

TEST(ModuleTypes, MacrosStayWithTheirConstructions) {
  const auto remarks = remarks_of_unchanged(
      "#define LAYER(name) torch::nn::Linear name{nullptr}\n"
      "struct N : torch::nn::Module {\n"
      "  N() { a = torch::nn::Linear(4, 4); }\n"
      "  LAYER(a);\n"
      "};\n");
  EXPECT_THAT(remarks, ElementsAre(HasSubstr("changes only together with N.a (model.cpp:5:3), inside the macro LAYER"),
                                   HasSubstr("inside the macro LAYER")));
}

TEST(ModuleTypes, IdsAreOfTheClass) {
  const Result result =
      rewrite_text(source("struct BertImpl : torch::nn::Module { torch::nn::Linear dense{4, 4}; };\n"));
  ASSERT_EQ(result.sites.size(), 1u);
  EXPECT_EQ(result.sites[0].id, "Bert.dense");
  EXPECT_EQ(result.sites[0].rule, "OCT101");
  EXPECT_EQ(result.sites[0].line, 2);
  EXPECT_EQ(result.sites[0].from, "torch::nn::Linear");
}

}  // namespace
}  // namespace octavo::rewriter
