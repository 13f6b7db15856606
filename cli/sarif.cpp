#include "cli/sarif.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/toolchain.h"

namespace octavo::cli {

using nlohmann::ordered_json;

namespace {

// Relative to the working directory where the file lies below it, as reviewers' tools expect.
std::string uri(const std::string& path) {
  const std::string relative =
      std::filesystem::path(path).lexically_proximate(std::filesystem::current_path()).generic_string();
  return relative.starts_with("..") ? "file://" + path : relative;
}

ordered_json entry(const std::string& rule, const std::string& text, const std::string& file, int line, int column) {
  ordered_json place = {{"physicalLocation", {{"artifactLocation", {{"uri", uri(file)}}}}}};
  if (line > 0) place["physicalLocation"]["region"] = {{"startLine", line}, {"startColumn", std::max(column, 1)}};
  return {{"ruleId", rule}, {"level", "note"}, {"message", {{"text", text}}}, {"locations", {place}}};
}

}  // namespace

std::string sarif(const rewriter::Result& result) {
  ordered_json rules = ordered_json::array(), results = ordered_json::array();
  for (const rewriter::RuleText& rule : rewriter::rule_texts()) {
    rules.push_back({{"id", rule.id}, {"name", rule.name}, {"shortDescription", {{"text", rule.summary}}}});
  }
  for (const rewriter::Site& site : result.sites) {
    if (site.rewritten)
      results.push_back(entry(site.rule, site.id + " is rewritten", site.file, site.line, site.column));
  }
  for (const rewriter::Remark& remark : result.remarks) {
    results.push_back(entry(remark.rule, remark.text, remark.file, remark.line, remark.column));
  }
  const ordered_json driver = {{"name", "octavo"}, {"version", version()}, {"rules", rules}};
  const ordered_json run = {{"tool", {{"driver", driver}}}, {"columnKind", "utf16CodeUnits"}, {"results", results}};
  const ordered_json report = {
      {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", {run}}};
  return report.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace octavo::cli
