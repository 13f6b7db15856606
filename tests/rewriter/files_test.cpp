// Files as a whole: errors, headers seen twice, line ends, includes, line markers, reversing.
#include <gmock/gmock.h>

#include "fixture.h"
#include "rewriter/apply.h"
#include "rewriter/reverse.h"

namespace octavo::rewriter {
namespace {

using testing::HasSubstr;

TEST(Files, ParseErrorsStopWithClangsMessage) {
  const Result result = rewrite(options_for(source("torch::nn::Linear a(4, 4);\nint i = nonsense;\n")));
  EXPECT_EQ(result.exit, base::Exit::parse);
  EXPECT_THAT(result.diagnostics, HasSubstr("model.cpp:3:9: error: use of undeclared identifier 'nonsense'"));
  EXPECT_EQ(result.files.at(0).original, result.files.at(0).rewritten);
  EXPECT_TRUE(result.sites.empty());
}

TEST(Files, ErrorsInTheUsersTemplatesAreParseErrors) {
  const std::string inner = "template <class T> T inner(T a) { return a.nonsense(); }\n";
  const std::string outer = "template <class T> struct Outer { T run(T a) { return inner(a); } };\n";
  EXPECT_EQ(rewrite(options_for(source(inner + outer))).exit, base::Exit::done);
  const Result result =
      rewrite(options_for(source(inner + outer + "auto x = Outer<torch::Tensor>().run(torch::Tensor());\n")));
  EXPECT_EQ(result.exit, base::Exit::parse);
  EXPECT_THAT(result.diagnostics, HasSubstr("no member named 'nonsense'"));
}

TEST(Files, MissingSourcesAndBadFiltersAreUsageErrors) {
  Options options;
  options.sources = {"/no/such/file.cpp"};
  EXPECT_THROW((void)rewrite(options), base::Error);
  options = options_for(source(""));
  options.header_filter = "(";
  EXPECT_THROW((void)rewrite(options), base::Error);
}

// A class in a header, its function in a source, and a second source that uses both.
Options two_units(const std::string& filter) {
  Options options = options_for("");
  options.sources = {"/model/a.cpp", "/model/b.cpp"};
  options.memory = {{"/model/net.h",
                     "#pragma once\n#include <torch/torch.h>\n\nstruct NetImpl : torch::nn::Module {\n"
                     "  torch::Tensor forward(torch::Tensor x);\n  torch::nn::Linear a{nullptr};\n};\n"},
                    {"/model/a.cpp",
                     "#include \"net.h\"\n\ntorch::Tensor NetImpl::forward(torch::Tensor x) {\n"
                     "  auto s = x.mm(x);\n  return s;\n}\n"},
                    {"/model/b.cpp", "#include \"net.h\"\n\nNetImpl net;\n"}};
  options.header_filter = filter;
  return options;
}

TEST(Files, HeadersOfTwoUnitsAreEditedOnce) {
  const Result result = rewrite(two_units("net\\.h$"));
  ASSERT_EQ(result.exit, base::Exit::done) << result.diagnostics;
  ASSERT_EQ(result.files.size(), 3u);
  EXPECT_EQ(result.files[2].path, "/model/net.h");
  EXPECT_EQ(
      result.files[2].rewritten,
      "#pragma once\n#include <octavo/torch.h>\n#include <torch/torch.h>\n\nstruct NetImpl : torch::nn::Module {\n"
      "  torch::Tensor forward(torch::Tensor x);\n  octavo::nn::QuantLinear a{nullptr};\n"
      "  octavo::nn::Quantizer s_lhs = octavo::quantizer(*this, \"s_lhs\");\n"
      "  octavo::nn::Quantizer s_rhs = octavo::quantizer(*this, \"s_rhs\");\n};\n");
  EXPECT_THAT(result.files[0].rewritten, HasSubstr("auto s = s_lhs(x).mm(s_rhs(x));"));
  EXPECT_EQ(result.files[1].original, result.files[1].rewritten);
}

TEST(Files, HeadersOutsideTheFilterAreListed) {
  const Result result = rewrite(two_units(""));
  ASSERT_EQ(result.exit, base::Exit::done) << result.diagnostics;
  std::vector<std::string> texts;
  for (const FileResult& file : result.files) EXPECT_TRUE(file.edits.empty());
  for (const Remark& remark : result.remarks) texts.push_back(remark.text);
  EXPECT_THAT(texts,
              testing::ElementsAre(HasSubstr("its class NetImpl is in a header that --header-filter does not name"),
                                   HasSubstr("Net.a stays as it is: in a header that --header-filter does not name")));
}

TEST(Files, RegionsLeftOutByThePreprocessorAreListed) {
  const Result result =
      rewrite_text(source("#ifdef OTHER\ntorch::nn::Linear a(4, 4);\n#endif\n#if 0\nint i;\n#endif\n"));
  ASSERT_EQ(result.remarks.size(), 1u);
  EXPECT_EQ(result.remarks[0].line, 2);
  EXPECT_THAT(result.remarks[0].text, HasSubstr("left out by the preprocessor"));
}

TEST(Files, WindowsLineEndsAndTabsAreKept) {
  const Result result = rewrite_text(
      "#include <torch/torch.h>\r\nstruct N : torch::nn::Module {\r\n\tauto forward(torch::Tensor x) { return x.mm(x); "
      "}\r\n"
      "\tint k;\r\n};\r\n");
  check_properties(result);
  EXPECT_EQ(result.files[0].rewritten,
            "#include <octavo/torch.h>\r\n#include <torch/torch.h>\r\nstruct N : torch::nn::Module {\r\n"
            "\tauto forward(torch::Tensor x) { return output_lhs(x).mm(output_rhs(x)); }\r\n\tint k;\r\n"
            "\toctavo::nn::Quantizer output_lhs = octavo::quantizer(*this, \"output_lhs\");\r\n"
            "\toctavo::nn::Quantizer output_rhs = octavo::quantizer(*this, \"output_rhs\");\r\n};\r\n");
}

TEST(Files, NoNewlineAtTheEnd) {
  const Result result = rewrite_text("#include <torch/torch.h>\ntorch::nn::Linear a(4, 4);");
  check_properties(result);
  EXPECT_TRUE(result.files[0].rewritten.ends_with("octavo::nn::QuantLinear a(4, 4);"));
}

TEST(Files, TheIncludeStandsWithTheOnesOfLibTorch) {
  const Result result = rewrite_text(
      "// Net\n#include <cmath>\n#include <torch/torch.h>\n\n#include <tuple>\ntorch::nn::Linear a(4, 4);\n");
  check_properties(result);
  EXPECT_THAT(result.files[0].rewritten,
              HasSubstr("#include <cmath>\n#include <octavo/torch.h>\n#include <torch/torch.h>\n"));
}

TEST(Files, LineMarkersLeadBackToTheOriginal) {
  const Result result =
      rewrite_text(source("struct N : torch::nn::Module {\n  torch::Tensor forward(torch::Tensor x) {\n"
                          "    return x.mm(x);\n  }\n  int k;\n};\nint last;\n"));
  const std::string q = "octavo::nn::Quantizer output_";
  EXPECT_EQ(text_with_line_markers(result.files[0]),
            "#line 1 \"/model/model.cpp\"\n#include <octavo/torch.h>\n#line 1 \"/model/model.cpp\"\n#include "
            "<torch/torch.h>\n"
            "struct N : torch::nn::Module {\n  torch::Tensor forward(torch::Tensor x) {\n"
            "    return output_lhs(x).mm(output_rhs(x));\n  }\n  int k;\n#line 6 \"/model/model.cpp\"\n  " +
                q + "lhs = octavo::quantizer(*this, \"output_lhs\");\n#line 6 \"/model/model.cpp\"\n  " + q +
                "rhs = octavo::quantizer(*this, \"output_rhs\");\n};\nint last;\n");
}

TEST(Files, RemarksPointAtTheColumn) {
  const Result result = rewrite_text(source("torch::Tensor f(torch::Tensor a) { return torch::matmul(a, a); }\n"));
  ASSERT_EQ(result.remarks.size(), 1u);
  EXPECT_EQ(
      text(result.remarks[0]),
      "/model/model.cpp:2:43: remark: f stays as it is: in a free function, which has no member to hold a Quantizer "
      "[OCT103, OCT204]\ntorch::Tensor f(torch::Tensor a) { return torch::matmul(a, a); }\n" +
          std::string(42, ' ') + "^~~~~~~~~~~~~~~~~~~\n" +
          "  lost: the product runs in float, and no range of its operands is recorded\n"
          "  fix: make it a member function of the module that calls it\n");
}

TEST(Files, CaretsStandUnderTheConstructAfterTabsAndWideCharacters) {
  const Result result = rewrite_text(source(
      "torch::Tensor f(torch::Tensor a) {\n\tauto \xC3\xA4 = 1; return torch::mm(a, a);\n\t(void)\xC3\xA4;\n}\n"));
  ASSERT_EQ(result.remarks.size(), 1u);
  EXPECT_THAT(text(result.remarks[0]), HasSubstr("\n\t" + std::string(19, ' ') + "^~~~~~~~~~~~~~~\n"));
}

TEST(Files, ByteOrderMarksStayInFront) {
  const std::string mark = "\xEF\xBB\xBF";
  const Result result = rewrite_text(mark + "#include <torch/torch.h>\n\ntorch::nn::Linear a(4, 4);\n");
  check_properties(result);
  EXPECT_EQ(result.files[0].rewritten,
            mark + "#include <octavo/torch.h>\n#include <torch/torch.h>\n\noctavo::nn::QuantLinear a(4, 4);\n");
}

TEST(Files, TheIncludeTakesTheLineEndOfItsNeighbour) {
  const Result result = rewrite_text("#include <torch/torch.h>\nint i;\r\ntorch::nn::Linear a(4, 4);\r\n");
  check_properties(result);
  EXPECT_TRUE(result.files[0].rewritten.starts_with("#include <octavo/torch.h>\n#include <torch/torch.h>\nint i;\r\n"));
}

TEST(Files, NamesThatGitQuotes) {
  for (const std::string name : {"a b.cpp", "a\"b.cpp", "\xC3\xA4.cpp"}) {
    Options options = options_for("");
    options.sources = {"/model/" + name};
    options.memory = {{"/model/" + name, source("torch::nn::Linear a(4, 4);\n")}};
    const Result result = rewrite(options);
    ASSERT_EQ(result.exit, base::Exit::done) << result.diagnostics;
    check_git_takes(result.files[0]);
  }
}

// A header whose text means one thing in a.cpp and another in b.cpp.
std::string contradiction(const std::string& a, const std::string& b, const std::string& member) {
  Options options = options_for("");
  options.sources = {"/model/a.cpp", "/model/b.cpp"};
  options.memory = {
      {"/model/net.h", "#include <torch/torch.h>\nstruct NetImpl : torch::nn::Module {\n  " + member + "\n};\n"},
      {"/model/a.cpp", "#include <torch/torch.h>\n" + a + "\n#include \"net.h\"\n"},
      {"/model/b.cpp", "#include <torch/torch.h>\n" + b + "\n#include \"net.h\"\n"}};
  options.header_filter = "net\\.h$";
  try {
    const Result result = rewrite(options);
    EXPECT_EQ(result.exit, base::Exit::done) << result.diagnostics;
  } catch (const base::Error& error) {
    EXPECT_EQ(error.exit, base::Exit::refused);
    return error.text();
  }
  return "no error";
}

TEST(Files, TextsWithTwoMeaningsAreRefusedNamingBothUnits) {
  const std::string open = "using namespace torch::nn;", own = "struct Linear { Linear(int, int); };";
  EXPECT_THAT(
      contradiction(open, own, "Linear a{4, 4};"),
      HasSubstr("/model/net.h:3:3: error: two units read this text in two ways: in /model/a.cpp it is a place of "
                "torch::nn::Linear, in /model/b.cpp it is none"));
  const std::string product = "torch::Tensor run(torch::Tensor x) { return product(x, x); }";
  EXPECT_THAT(contradiction("using at::matmul;\n#define product matmul", "#define product torch::add", product),
              "no error");
  EXPECT_THAT(contradiction("", "namespace own { using torch::matmul; }\nusing namespace own;",
                            "torch::Tensor run(torch::Tensor x) { return matmul(x, x); }"),
              "no error");
  EXPECT_THAT(
      contradiction("namespace n = torch::nn;", "namespace n { using torch::nn::Linear; }", "n::Linear a{4, 4};"),
      "no error");
}

TEST(Files, RegionsThatOneUnitLeavesOutContradictNothing) {
  EXPECT_EQ(contradiction("", "#define PLAIN", "#ifndef PLAIN\n  torch::nn::Linear a{4, 4};\n#endif"), "no error");
}

TEST(Files, ClassesOfOneNameInTwoSourcesHaveNothingToDoWithEachOther) {
  Options options = options_for("");
  options.sources = {"/model/a.cpp", "/model/b.cpp"};
  options.memory = {
      {"/model/a.cpp", source("namespace {\nstruct Net : torch::nn::Module { torch::nn::Linear a{4, 4}; };\n}\n")},
      {"/model/b.cpp",
       source("#define L torch::nn::Linear\nnamespace {\nstruct Net : torch::nn::Module { L a{4, 4}; };\n}\n")}};
  const Result result = rewrite(options);
  EXPECT_FALSE(result.files[0].edits.empty());
  EXPECT_TRUE(result.files[1].edits.empty());
}

TEST(Reverse, AfterUnrelatedEdits) {
  const Result result = rewrite_text(source(module("  torch::nn::Linear a{nullptr};\n", "return x.mm(y);")));
  Options options = options_for("int unrelated;\n" + result.files[0].rewritten);
  EXPECT_EQ(reverse(options).files[0].rewritten, "int unrelated;\n" + result.files[0].original);
}

TEST(Reverse, SpellingsThatTheTextDoesNotTellAreRefused) {
  const Result result =
      rewrite_text(source("namespace nn = torch::nn;\nnn::Linear a(4, 4);\ntorch::nn::Linear b(4, 4);\nnn::Dropout d;\n"
                          "torch::nn::Dropout e;\n"));
  EXPECT_FALSE(result.files[0].reverses_alone);
  ASSERT_EQ(result.remarks.size(), 1u);
  EXPECT_THAT(result.remarks[0].text, HasSubstr("needs the site file"));
  check_properties(result);
  try {
    (void)reverse(options_for(result.files[0].rewritten));
    FAIL() << "was not refused";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.exit, base::Exit::refused);
    EXPECT_EQ(error.place.line, 4);
  }
}

}  // namespace
}  // namespace octavo::rewriter
