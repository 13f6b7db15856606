// octavo explain: what a number in a remark means, from the tables that the rewriter works with.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/command.h"
#include "rewriter/rewrite.h"

namespace octavo::cli {

using base::Error;
using base::Exit;
using rewriter::Explanation;

namespace {

std::string upper(std::string word) {
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::toupper(c); });
  return word;
}

std::string indented(const std::string& text) {
  std::string result = "    ";
  for (size_t i = 0; i < text.size(); ++i) {
    result += text[i];
    if (text[i] == '\n' && i + 1 < text.size()) result += "    ";
  }
  return result.ends_with('\n') ? result : result + "\n";
}

std::string section(const std::string& title, const std::string& text) {
  return text.empty() ? std::string() : title + "\n" + indented(text);
}

std::string how_to_change(const Explanation& one) {
  if (!one.is_rule()) return one.fix;
  return "// octavo: keep(" + one.id + ") and the reason, beside a place or on the line before, leaves it alone;\n" +
         "[rewrite] skip = [\"Class.member\", {rule = \"" + one.id + "\"}] in octavo.toml does for many";
}

std::string page(const Explanation& one) {
  return one.id + " " + one.name + "\n" + section("matches", one.matches) + section("becomes", one.becomes) +
         section("lost where a place stays", one.lost) +
         section(one.is_rule() ? "before" : "where it is said", one.before) +
         section(one.is_rule() ? "after" : "where it is not", one.after) + section("to change it", how_to_change(one));
}

nlohmann::ordered_json to_json(const Explanation& one) {
  return {{"id", one.id},     {"name", one.name}, {"matches", one.matches}, {"becomes", one.becomes},
          {"lost", one.lost}, {"fix", one.fix},   {"before", one.before},   {"after", one.after}};
}

std::vector<Explanation> chosen(const std::string& asked) {
  const std::vector<Explanation> all = rewriter::explanations();
  if (asked.empty()) return all;
  std::vector<std::string> ids;
  for (const Explanation& one : all) {
    if (one.id == upper(asked) || one.name == asked) return {one};
    ids.push_back(one.id);
  }
  const std::string near = base::nearest(upper(asked), ids);
  throw Error(Exit::usage, {}, "nothing is numbered '" + asked + "'",
              near.empty() ? "`octavo explain` lists all numbers" : "did you mean " + near + "?");
}

Exit run(const std::string& asked, bool json) {
  const std::vector<Explanation> pages = chosen(asked);
  if (json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Explanation& one : pages) list.push_back(to_json(one));
    std::cout << list.dump(1) << "\n";
  } else if (asked.empty()) {
    for (const Explanation& one : pages) std::cout << one.id << "  " << one.name << "\n";
  } else {
    std::cout << page(pages.front());
  }
  return Exit::done;
}

}  // namespace

void add_explain(CLI::App& app, Invocation& invocation) {
  CLI::App* sub = app.add_subcommand("explain", "Say what a rule or a remark of `octavo rewrite` means");
  sub->footer(
      "\nExamples:\n"
      "  octavo explain               every number with its name\n"
      "  octavo explain OCT103        what the rule matches, an example, how to change it");
  auto asked = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  sub->add_option("NUMBER", *asked, "OCT103; all of them without it");
  sub->add_flag("--json", *json, "As JSON");
  sub->callback([asked, json, &invocation] { invocation.action = [asked, json] { return run(*asked, *json); }; });
}

}  // namespace octavo::cli
