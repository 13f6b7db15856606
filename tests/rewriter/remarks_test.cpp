// What is said about places that stay, and how a source or a policy keeps them: the examples of every rule and reason
// are rewritten here, so `octavo explain` and docs/dialect.md tell the truth.
#include <gmock/gmock.h>

#include <cstdlib>

#include "base/files.h"
#include "fixture.h"
#include "rewriter/site_file.h"
#include "rewriter/stats.h"

namespace octavo::rewriter {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> numbers(const Result& result) {
  std::vector<std::string> ids;
  for (const Remark& remark : result.remarks) {
    ids.push_back(remark.reason);
    if (!remark.rule.empty()) ids.push_back(remark.rule);
  }
  return ids;
}

TEST(Explain, NumbersAreInOrderAndOfTheirTable) {
  std::string last;
  for (const Explanation& one : explanations()) {
    EXPECT_LT(last, one.id);
    last = one.id;
  }
  for (const Reason& one : reasons()) EXPECT_EQ(&reason(one.why), &one) << one.id;
}

TEST(Explain, ExamplesOfRulesAreRewrittenAsTheySay) {
  for (const Explanation& one : explanations()) {
    if (one.becomes.empty()) continue;
    SCOPED_TRACE(one.id);
    if (one.after.empty()) {
      EXPECT_THAT(numbers(rewrite_text(source(one.before))), Contains(one.id));
    } else {
      EXPECT_EQ(rewritten(one.before), one.after);
    }
  }
}

TEST(Explain, ExamplesOfReasonsGetTheRemarkAndLoseItWithTheFix) {
  size_t tried = 0;
  for (const Explanation& one : explanations()) {
    if (!one.becomes.empty() || one.before.empty()) continue;
    SCOPED_TRACE(one.id);
    const Result result = rewrite_text(source(one.before));
    check_properties(result);
    EXPECT_THAT(numbers(result), Contains(one.id));
    if (one.after.empty()) continue;
    const Result fixed = rewrite_text(source(one.after));
    check_properties(fixed);
    EXPECT_THAT(numbers(fixed), Not(Contains(one.id))) << one.after;
    ++tried;
  }
  EXPECT_GT(tried, 10u);
}

TEST(Explain, EveryReasonSaysWhatIsLostAndWhatToDo) {
  for (const Explanation& one : explanations()) {
    EXPECT_TRUE(!one.fix.empty() || !one.becomes.empty()) << one.id;
    EXPECT_FALSE(one.name.empty()) << one.id;
    if (one.id.starts_with("OCT3")) {
      EXPECT_FALSE(one.lost.empty()) << one.id;
    }  // no rule speaks for it
  }
}

// docs/dialect.md holds the tables of the code, between markers.
std::string rules_table() {
  std::string table = "| rule | in the source | becomes |\n|---|---|---|\n";
  for (const Explanation& one : explanations()) {
    std::istringstream matches(one.matches), becomes(one.becomes);
    std::string first = one.id + " " + one.name, match, result;
    while (std::getline(matches, match) && std::getline(becomes, result)) {
      table += "| " + first + (first.empty() ? "| " : " | ") + match + " | " + result + " |\n";
      first.clear();
    }
  }
  return table;
}

std::string reasons_table() {
  std::string table = "| number | remark | the smallest change that helps |\n|---|---|---|\n";
  for (const Explanation& one : explanations()) {
    if (one.becomes.empty()) table += "| " + one.id + " | " + one.name + " | " + one.fix + " |\n";
  }
  return table;
}

void check_section(std::string& page, const std::string& name, const std::string& table) {
  const std::string open = "<!-- " + name + " -->\n", close = "<!-- end of " + name + " -->\n";
  const size_t begin = page.find(open), end = page.find(close);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const size_t from = begin + open.size();
  if (std::getenv("OCTAVO_UPDATE_GOLDEN") == nullptr) {
    EXPECT_EQ(page.substr(from, end - from), table);
  }
  page.replace(from, end - from, table);
}

TEST(Explain, TheDialectPageHoldsTheTables) {
  const std::string path = std::string(SOURCE_FOLDER) + "/docs/dialect.md";
  const std::string before = base::read_file(path);
  std::string page = before;
  check_section(page, "rules", rules_table());
  check_section(page, "reasons", reasons_table());
  if (std::getenv("OCTAVO_UPDATE_GOLDEN") != nullptr) base::write_if_different(path, page);
}

const std::string two_members =
    "struct NetImpl : torch::nn::Module {\n  torch::nn::Linear a{4, 4};KEEP\n  torch::nn::Linear b{4, 4};\n};\n";

std::string with(std::string text, const std::string& what) { return text.replace(text.find("KEEP"), 4, what); }

TEST(Keep, BesideThePlaceAndOnTheLineBefore) {
  const std::string kept = "struct NetImpl : torch::nn::Module {\n";
  const std::string edited = "  octavo::nn::QuantLinear b{4, 4};\n};\n";
  for (const std::string comment :
       {"  // octavo: keep(OCT101) small", "  /* octavo: keep(OCT101) small */", "  ///octavo:keep( OCT101 )small"}) {
    const std::string line = "  torch::nn::Linear a{4, 4};" + comment + "\n";
    EXPECT_EQ(rewritten(kept + line + "  torch::nn::Linear b{4, 4};\n};\n"), kept + line + edited);
    const std::string lines = comment + "\n  // and a word\n  torch::nn::Linear a{4, 4};\n";
    EXPECT_EQ(rewritten(kept + lines + "  torch::nn::Linear b{4, 4};\n};\n"), kept + lines + edited);
  }
}

TEST(Keep, IsSeenInTheRemarksAndTheReport) {
  const Result result = rewrite_text(source(with(two_members, "  // octavo: keep(OCT101) two outputs")));
  ASSERT_EQ(result.remarks.size(), 1u);
  EXPECT_EQ(result.remarks[0].reason, "OCT220");
  EXPECT_THAT(result.remarks[0].text, HasSubstr("Net.a stays as it is: kept by a comment: two outputs"));
  EXPECT_THAT(site_report_json(result), HasSubstr("\"reason\": \"kept by a comment: two outputs\""));
  EXPECT_EQ(stats_of(result).rules.at("OCT101").kept, 1u);
}

TEST(Keep, KeepsAProductThatSpansLines) {
  const std::string body =
      module("  int k;\n",
             "// octavo: keep(OCT103, OCT104) exact sums\n    auto s = torch::layer_norm(torch::mm(\n"
             "        x, y), {4});\n    return s;");
  const Result result = rewrite_text(source(body));
  EXPECT_TRUE(result.files[0].edits.empty()) << result.files[0].rewritten;
  EXPECT_THAT(numbers(result), Not(Contains("OCT303")));
}

TEST(Keep, ThatKeepsNothingIsReported) {
  const Result result = rewrite_text(source(with(two_members, "  // octavo: keep(OCT101, OCT103) small")));
  EXPECT_THAT(numbers(result), ElementsAre("OCT220", "OCT101", "OCT303"));
  EXPECT_THAT(result.remarks[1].text, HasSubstr("keep(OCT103) keeps nothing"));
  EXPECT_EQ(result.remarks[1].line, 3);
}

std::string error_of(const std::string& comment) {
  try {
    (void)rewrite(options_for(source(with(two_members, "  // " + comment))));
  } catch (const base::Error& error) {
    EXPECT_EQ(error.exit, base::Exit::refused);
    EXPECT_EQ(error.place.line, 3);
    return error.text();
  }
  return "no error";
}

TEST(Keep, MistakesAreErrorsWithAFix) {
  EXPECT_THAT(error_of("octavo: keep(OCT101)"), HasSubstr("gives no reason"));
  EXPECT_THAT(error_of("octavo: keep(OCT110) x"), HasSubstr("unknown rule 'OCT110'\n  fix: did you mean OCT101?"));
  EXPECT_THAT(error_of("octavo: keep(linear) x"), HasSubstr("write keep(OCT101)"));
  EXPECT_THAT(error_of("octavo: keep(OCT201) x"), HasSubstr("is a reason, not a rule"));
  EXPECT_THAT(error_of("octavo: keep() x"), HasSubstr("names no rule"));
  EXPECT_THAT(error_of("octavo: kepp(OCT101) x"), HasSubstr("unknown comment 'octavo: kepp"));
  EXPECT_EQ(error_of("octavo: is a fish with eight arms (nearly)"), "no error");
  EXPECT_EQ(error_of("see octavo: keep(OCT101)"), "no error");
}

std::vector<std::string> stay_under(const std::string& toml) {
  const base::Policy policy = base::Policy::parse(toml, "octavo.toml");
  Options options;
  options.policy = &policy;
  const Result result = rewrite_text(source(module("  torch::nn::Linear a{4, 4};\n  torch::nn::Embedding e{4, 4};\n",
                                                   "auto s = torch::mm(x, y);\n"
                                                   "    return s;") +
                                            "struct HeadImpl : torch::nn::Module { torch::nn::Linear a{4, 4}; };\n"),
                                     options);
  std::vector<std::string> ids;
  for (const Site& site : result.sites) {
    if (!site.rewritten) ids.push_back(site.id);
  }
  return ids;
}

TEST(PolicyOfRewrite, ChoosesByIdGlobTypeModuleAndRule) {
  EXPECT_THAT(stay_under("[rewrite]\nskip = [\"Net.a\"]\n"), ElementsAre("Net.a"));
  EXPECT_THAT(stay_under("[rewrite]\nskip = [\"*.a\"]\n"), ElementsAre("Net.a", "Head.a"));
  EXPECT_THAT(stay_under("[rewrite]\nskip = [{type = \"Head\"}]\n"), ElementsAre("Head.a"));
  EXPECT_THAT(stay_under("[rewrite]\nskip = [{type = \"torch::nn::Embedding\"}]\n"), ElementsAre("Net.e"));
  EXPECT_THAT(stay_under("[rewrite]\nskip = [{rule = \"OCT103\"}]\n"), ElementsAre("Net.s_lhs", "Net.s_rhs"));
  EXPECT_THAT(stay_under("[rewrite]\nskip = [{rule = \"OCT101\", type = \"Net\", reason = \"r\"}]\n"),
              ElementsAre("Net.a"));
}

std::string policy_error(const std::string& toml) {
  try {
    (void)stay_under(toml);
  } catch (const base::Error& error) {
    return error.text();
  }
  return "no error";
}

TEST(PolicyOfRewrite, WhatNamesNothingIsAnErrorWithASuggestion) {
  EXPECT_EQ(policy_error("[rewrite]\nskip = [\"Net.aa\"]\n"),
            "octavo.toml:2:9: error: no site of these sources has match 'Net.aa'\n  fix: did you mean 'Net.a'?");
  EXPECT_THAT(policy_error("[rewrite]\nskip = [\"Hed.*\"]\n"), HasSubstr("did you mean 'Head.*'?"));
  EXPECT_THAT(policy_error("[rewrite]\nskip = [{rule = \"OCT113\"}]\n"), HasSubstr("did you mean 'OCT103'?"));
  EXPECT_THAT(policy_error("[rewrite]\nskip = [{type = \"torch::nn::Embeding\"}]\n"),
              HasSubstr("did you mean 'torch::nn::Embedding'?"));
  EXPECT_THAT(policy_error("[rewrite]\nskip = [{rul = \"OCT103\"}]\n"), HasSubstr("did you mean 'rule'?"));
  EXPECT_THAT(policy_error("[rewrite]\nskip = [{reason = \"x\"}]\n"), HasSubstr("names nothing"));
}

TEST(Stats, CountByRuleAndReason) {
  const Result result = rewrite_text(
      source(with(two_members, "  // octavo: keep(OCT101) small") +
             "torch::Tensor f(torch::Tensor a) { return torch::matmul(a, a); }\n#ifdef X\ntorch::nn::Linear c(4, 4);\n"
             "#endif\n"));
  const Stats stats = stats_of(result);
  EXPECT_EQ(stats.rules.at("OCT101").sites, 2u);
  EXPECT_EQ(stats.rules.at("OCT101").edited, 1u);
  EXPECT_EQ(stats.rules.at("OCT101").kept, 1u);
  EXPECT_THAT(stats.rules.at("OCT103").reasons, ElementsAre(testing::Pair("OCT204", 1u)));
  EXPECT_EQ(stats.rules.at("OCT104").sites, 0u);
  EXPECT_EQ(stats.left_out, 1u);
  EXPECT_EQ(stats.total().sites, 3u);
  EXPECT_EQ(stats.total().explained(), 3u);
  EXPECT_THAT(table(stats), HasSubstr("OCT204 1"));
  EXPECT_THAT(json(stats), HasSubstr("\"OCT204\": 1"));
}

}  // namespace
}  // namespace octavo::rewriter
