// OCT103 and OCT104: operands of products and inputs of LayerNorm go through Quantizers.
#include <gmock/gmock.h>

#include "base/policy.h"
#include "fixture.h"

namespace octavo::rewriter {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string quantizer(const std::string& name) {
  return "  octavo::nn::Quantizer " + name + " = octavo::quantizer(*this, \"" + name + "\");\n";
}

const std::string norm_member = "  torch::nn::LayerNorm norm{nullptr};\n";

// The body of `forward` after rewriting, and the members that must have been added.
void expect_forward(const std::string& before, const std::string& after, const std::vector<std::string>& quantizers,
                    const std::string& members = "  int heads;\n") {
  std::string added;
  for (const std::string& name : quantizers) added += quantizer(name);
  EXPECT_EQ(rewritten(module(members, before)), module(members + added, after));
}

TEST(Matmul, NamedByTheVariable) {
  expect_forward("auto scores = torch::matmul(x, y);\n    return scores;",
                 "auto scores = torch::matmul(scores_lhs(x), scores_rhs(y));\n    return scores;",
                 {"scores_lhs", "scores_rhs"});
  expect_forward("auto scores = torch::matmul(x, y.transpose(-1, -2)) / 8;\n    return scores;",
                 "auto scores = torch::matmul(scores_lhs(x), scores_rhs(y.transpose(-1, -2))) / 8;\n    return scores;",
                 {"scores_lhs", "scores_rhs"});
  expect_forward("x = torch::bmm(x, y);\n    return x;", "x = torch::bmm(x_lhs(x), x_rhs(y));\n    return x;",
                 {"x_lhs", "x_rhs"});
}

TEST(Matmul, NamedByTheFunction) {
  expect_forward("return torch::mm(x, y);", "return torch::mm(output_lhs(x), output_rhs(y));",
                 {"output_lhs", "output_rhs"});
}

TEST(Matmul, MemberForms) {
  expect_forward("auto s = x.matmul(y);\n    return s;", "auto s = s_lhs(x).matmul(s_rhs(y));\n    return s;",
                 {"s_lhs", "s_rhs"});
  expect_forward("auto s = (x + y).bmm(y);\n    return s;", "auto s = s_lhs(x + y).bmm(s_rhs(y));\n    return s;",
                 {"s_lhs", "s_rhs"});
  expect_forward("auto s = (x).mm((y));\n    return s;", "auto s = s_lhs((x)).mm(s_rhs((y)));\n    return s;",
                 {"s_lhs", "s_rhs"});
}

TEST(Matmul, NestedProducts) {
  expect_forward(
      "auto c = torch::matmul(torch::softmax(torch::matmul(x, y), -1), y);\n    return c;",
      "auto c = torch::matmul(c_lhs(torch::softmax(torch::matmul(c_lhs_lhs(x), c_lhs_rhs(y)), -1)), c_rhs(y));\n"
      "    return c;",
      {"c_lhs", "c_rhs", "c_lhs_lhs", "c_lhs_rhs"});
  expect_forward("auto c = x.matmul(y).matmul(y);\n    return c;",
                 "auto c = c_lhs(c_lhs_lhs(x).matmul(c_lhs_rhs(y))).matmul(c_rhs(y));\n    return c;",
                 {"c_lhs_lhs", "c_lhs_rhs", "c_lhs", "c_rhs"});
}

TEST(Matmul, OtherProducts) {
  expect_forward("auto h = torch::nn::functional::linear(x, y);\n    return h;",
                 "auto h = torch::nn::functional::linear(h_input(x), h_weight(y));\n    return h;",
                 {"h_input", "h_weight"});
  expect_forward("auto h = torch::scaled_dot_product_attention(x, y, y);\n    return h;",
                 "auto h = torch::scaled_dot_product_attention(h_query(x), h_key(y), h_value(y));\n    return h;",
                 {"h_query", "h_key", "h_value"});
  expect_forward("auto s = torch::einsum(\"bqd,bkd->bqk\", {x, y});\n    return s;",
                 "auto s = torch::einsum(\"bqd,bkd->bqk\", {s_lhs(x), s_rhs(y)});\n    return s;", {"s_lhs", "s_rhs"});
}

TEST(Matmul, VectorsAndSums) {
  expect_forward("auto h = torch::addmm(x, y.t(), y);\n    return h;",
                 "auto h = torch::addmm(x, h_lhs(y.t()), h_rhs(y));\n    return h;", {"h_lhs", "h_rhs"});
  expect_forward("auto h = x.addmm(y, y, 1, 0.5);\n    return h;",
                 "auto h = x.addmm(h_lhs(y), h_rhs(y), 1, 0.5);\n    return h;", {"h_lhs", "h_rhs"});
  expect_forward("x.baddbmm_(y, y);\n    return x;", "x.baddbmm_(output_lhs(y), output_rhs(y));\n    return x;",
                 {"output_lhs", "output_rhs"});
  expect_forward("auto v = x.mv(y);\n    return torch::dot(v, y);",
                 "auto v = v_lhs(x).mv(v_rhs(y));\n    return torch::dot(output_lhs(v), output_rhs(y));",
                 {"v_lhs", "v_rhs", "output_lhs", "output_rhs"});
}

TEST(Matmul, ProductsInFloatAreSaid) {
  EXPECT_THAT(remarks_of_unchanged(module("", "return torch::tensordot(x, y, {1}, {0});")),
              ElementsAre(HasSubstr("a product without an INT8 form")));
  EXPECT_THAT(remarks_of_unchanged(module("", "auto c = torch::conv1d(x, y);\n    return c;")),
              ElementsAre(HasSubstr("Net.c stays as it is: a convolution")));
}

TEST(Matmul, SitesKnowTheirLines) {
  const Result result = rewrite_text(source(module("", "return torch::mm(x,\n      y + x);")));
  ASSERT_EQ(result.sites.size(), 2u);
  for (const Site& site : result.sites) EXPECT_TRUE(site.call);
  EXPECT_EQ(result.sites[0].last_line, result.sites[0].line);
  EXPECT_EQ(result.sites[1].line, result.sites[0].line + 1);
}

TEST(Matmul, NamesAvoidWhatIsTaken) {
  expect_forward("auto s = torch::matmul(x, y);\n    return s;",
                 "auto s = torch::matmul(s_2_lhs(x), s_2_rhs(y));\n    return s;", {"s_2_lhs", "s_2_rhs"},
                 "  int s_lhs;\n");
  expect_forward("auto s_lhs = x;\n    auto s = torch::matmul(x, y);\n    return s;",
                 "auto s_lhs = x;\n    auto s = torch::matmul(s_2_lhs(x), s_2_rhs(y));\n    return s;",
                 {"s_2_lhs", "s_2_rhs"});
}

TEST(Matmul, OtherFunctionsGetTheirNameInFront) {
  const std::string before =
      "struct NImpl : torch::nn::Module {\n"
      "  torch::Tensor cached(torch::Tensor a) const { auto s = a.matmul(a); return s; }\n"
      "  torch::Tensor forward(torch::Tensor a) { auto s = a.matmul(a); return s; }\n"
      "  int heads;  // H\n"
      "};\n";
  EXPECT_EQ(
      rewritten(before),
      "struct NImpl : torch::nn::Module {\n"
      "  torch::Tensor cached(torch::Tensor a) const { auto s = cached_s_lhs(a).matmul(cached_s_rhs(a)); return s; }\n"
      "  torch::Tensor forward(torch::Tensor a) { auto s = s_lhs(a).matmul(s_rhs(a)); return s; }\n"
      "  int heads;  // H\n"
      "  mutable octavo::nn::Quantizer cached_s_lhs = octavo::quantizer(*this, \"cached_s_lhs\");\n"
      "  mutable octavo::nn::Quantizer cached_s_rhs = octavo::quantizer(*this, \"cached_s_rhs\");\n" +
          quantizer("s_lhs") + quantizer("s_rhs") + "};\n");
}

TEST(Matmul, ClassesWithoutMembersAndOnOneLine) {
  EXPECT_EQ(
      rewritten(module("", "return torch::mm(x, y);")),
      module(quantizer("output_lhs") + quantizer("output_rhs"), "return torch::mm(output_lhs(x), output_rhs(y));"));
  EXPECT_EQ(rewritten("struct N : torch::nn::Module { auto run(torch::Tensor a) { return a.t().mm(a); } int k; };\n"),
            "struct N : torch::nn::Module { auto run(torch::Tensor a) { return run_lhs(a.t()).mm(run_rhs(a)); } int k; "
            "octavo::nn::Quantizer run_lhs = octavo::quantizer(*this, \"run_lhs\"); "
            "octavo::nn::Quantizer run_rhs = octavo::quantizer(*this, \"run_rhs\"); };\n");
}

TEST(Matmul, Lambdas) {
  expect_forward(
      "auto attend = [&](torch::Tensor q) { return q.mm(y); };\n    return attend(x);",
      "auto attend = [&](torch::Tensor q) { return attend_lhs(q).mm(attend_rhs(y)); };\n    return attend(x);",
      {"attend_lhs", "attend_rhs"});
  EXPECT_THAT(remarks_of_unchanged(module("", "auto f = [](torch::Tensor q) { return q.mm(q); };\n    return f(x);")),
              ElementsAre(HasSubstr("in a lambda that does not capture this")));
}

TEST(Matmul, ClassTemplates) {
  const std::string rest = " {\n  auto forward(torch::Tensor x) { auto s = ";
  EXPECT_EQ(rewritten("template <class T>\nstruct N : torch::nn::Cloneable<N<T>>" + rest +
                      "x.mm(x); return s; }\n  T t;\n};\ntemplate struct N<int>;\n"),
            "template <class T>\nstruct N : torch::nn::Cloneable<N<T>>" + rest +
                "s_lhs(x).mm(s_rhs(x)); return s; }\n  T t;\n" + quantizer("s_lhs") + quantizer("s_rhs") +
                "};\ntemplate struct N<int>;\n");
}

TEST(Matmul, StaysWithAReason) {
  EXPECT_THAT(remarks_of_unchanged("torch::Tensor f(torch::Tensor a) { return torch::matmul(a, a); }\n"),
              ElementsAre(HasSubstr("f stays as it is: in a free function")));
  EXPECT_THAT(remarks_of_unchanged("struct A { torch::Tensor f(torch::Tensor a) { return a.mm(a); } };\n"),
              ElementsAre(HasSubstr("A does not derive from torch::nn::Module")));
  EXPECT_THAT(remarks_of_unchanged("#define MM(a, b) torch::matmul(a, b)\n" + module("", "return MM(x, y);")),
              ElementsAre(HasSubstr("inside the macro MM")));
  EXPECT_THAT(remarks_of_unchanged("template <class T> auto f(T a) { return a.matmul(a); }\n"),
              ElementsAre(HasSubstr("depends on a template's parameter")));
  EXPECT_THAT(remarks_of_unchanged(
                  "struct A : torch::nn::Module { static torch::Tensor f(torch::Tensor a) { return a.mm(a); } };\n"),
              ElementsAre(HasSubstr("in a static function")));
  EXPECT_THAT(remarks_of_unchanged(module("", "auto* p = &x;\n    return p->mm(y);")),
              ElementsAre(HasSubstr("called through a pointer")));
  EXPECT_THAT(remarks_of_unchanged(module("", "return torch::einsum(\"ij->ji\", {x});")),
              ElementsAre(HasSubstr("einsum whose equation or two operands")));
}

TEST(Matmul, OwnFunctionsAreSilent) {
  EXPECT_THAT(remarks_of_unchanged("namespace own { int matmul(int a, int b); }\nint i = own::matmul(1, 2);\n"),
              IsEmpty());
}

TEST(Matmul, OperandsThatAreMacrosAreWrappedWhole) {
  EXPECT_EQ(
      rewritten("#define HALF(a) ((a) / 2)\n" + module("  int k;\n", "auto s = torch::mm(HALF(x), y);\n    return s;")),
      "#define HALF(a) ((a) / 2)\n" + module("  int k;\n" + quantizer("s_lhs") + quantizer("s_rhs"),
                                             "auto s = torch::mm(s_lhs(HALF(x)), s_rhs(y));\n    return s;"));
}

TEST(LayerNorm, SummandsAndInputs) {
  expect_forward("return norm(x);", "return norm(norm_input(x));", {"norm_input"}, norm_member);
  expect_forward("return norm->forward(x + y);", "return norm->forward(norm_input(x) + norm_residual(y));",
                 {"norm_input", "norm_residual"}, norm_member);
  expect_forward("return norm(x + torch::softmax(y, -1));",
                 "return norm(norm_residual(x) + norm_input(torch::softmax(y, -1)));", {"norm_residual", "norm_input"},
                 norm_member);
  expect_forward("return norm(x.add(y) + x);", "return norm(norm_input(x).add(norm_residual(y)) + norm_residual_2(x));",
                 {"norm_input", "norm_residual", "norm_residual_2"}, norm_member);
  expect_forward("return norm(x + 1.0);", "return norm(norm_input(x + 1.0));", {"norm_input"}, norm_member);
}

TEST(LayerNorm, Functions) {
  expect_forward("auto h = torch::layer_norm(x + y, {4});\n    return h;",
                 "auto h = torch::layer_norm(h_norm_input(x) + h_norm_residual(y), {4});\n    return h;",
                 {"h_norm_input", "h_norm_residual"});
  expect_forward("return torch::nn::functional::layer_norm(x, {4});",
                 "return torch::nn::functional::layer_norm(output_norm_input(x), {4});", {"output_norm_input"});
}

TEST(LayerNorm, OwnClassStays) {
  const std::string own =
      "struct LayerNormImpl : torch::nn::Module { torch::Tensor forward(torch::Tensor x); "
      "};\nTORCH_MODULE(LayerNorm);\n";
  EXPECT_THAT(remarks_of_unchanged(own + module("  LayerNorm norm{nullptr};\n", "return norm->forward(x);")),
              testing::Contains(HasSubstr("an own class, only called LayerNorm")));
}

TEST(Policy, ExcludedSitesStayAndKeepTheNamesOfTheOthers) {
  const base::Policy policy = base::Policy::parse("[rewrite]\nskip = [\"Net.scores_lhs\", \"Net.a\"]\n", "octavo.toml");
  Options options;
  options.policy = &policy;
  const std::string members = "  torch::nn::Linear a{nullptr}, b{nullptr};\n  torch::nn::Linear c{nullptr};\n";
  const Result result =
      rewrite_text(source(module(members, "auto scores = torch::matmul(x, y);\n    return scores;")), options);
  const std::string& text = result.files[0].rewritten;
  EXPECT_THAT(text, HasSubstr("torch::matmul(x, scores_rhs(y))"));
  EXPECT_THAT(text, HasSubstr("torch::nn::Linear a{nullptr}, b{nullptr};\n  octavo::nn::QuantLinear c{nullptr};"));
  std::vector<std::string> texts;
  for (const Remark& remark : result.remarks) texts.push_back(remark.text);
  EXPECT_THAT(texts, ElementsAre("Net.scores_lhs stays as it is: excluded by the policy (octavo.toml:2)",
                                 "Net.a stays as it is: excluded by the policy (octavo.toml:2)",
                                 HasSubstr("Net.b stays as it is: changes only together with Net.a")));
}

}  // namespace
}  // namespace octavo::rewriter
