#include "rewriter/stats.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace octavo::rewriter {
namespace {

bool on_purpose(Why why) { return why == Why::kept || why == Why::policy; }

double percent(const RuleStats& stats) {
  return stats.sites == 0 ? 100.0 : 100.0 * static_cast<double>(stats.explained()) / static_cast<double>(stats.sites);
}

std::string reason_list(const RuleStats& stats) {
  std::string list;
  for (const auto& [id, count] : stats.reasons) list += fmt::format("{}{} {}", list.empty() ? "" : ", ", id, count);
  return list;
}

std::string row(const std::string& name, const RuleStats& stats) {
  const std::string line =
      fmt::format("{:24} {:>6} {:>7} {:>6} {:>9} {:>9.1f} %  {}", name, stats.sites, stats.edited, stats.kept,
                  stats.sites - stats.edited - stats.kept, percent(stats), reason_list(stats));
  return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

nlohmann::ordered_json to_json(const RuleStats& stats) {
  nlohmann::ordered_json reasons = nlohmann::ordered_json::object();
  for (const auto& [id, count] : stats.reasons) reasons[id] = count;
  return {{"sites", stats.sites},
          {"edited", stats.edited},
          {"kept", stats.kept},
          {"unedited", reasons},
          {"explained_percent", percent(stats)}};
}

}  // namespace

size_t RuleStats::explained() const {
  size_t count = edited + kept;
  for (const auto& [id, sites] : reasons) count += sites;
  return count;
}

RuleStats Stats::total() const {
  RuleStats total;
  for (const auto& [id, rule] : rules) {
    total.sites += rule.sites;
    total.edited += rule.edited;
    total.kept += rule.kept;
    for (const auto& [reason, count] : rule.reasons) total.reasons[reason] += count;
  }
  return total;
}

Stats stats_of(const Result& result) {
  Stats stats;
  stats.files = result.files.size();
  for (const Explanation& one : explanations()) {
    if (one.is_rule()) stats.rules[one.id];
  }
  for (const Site& site : result.sites) {
    RuleStats& rule = stats.rules[site.rule];
    ++rule.sites;
    if (site.rewritten) {
      ++rule.edited;
    } else if (on_purpose(site.stays.why)) {
      ++rule.kept;
    } else if (!site.stays.empty()) {
      ++rule.reasons[reason(site.stays.why).id];
    }
  }
  for (const Remark& remark : result.remarks) stats.left_out += remark.reason == reason(Why::left_out).id;
  return stats;
}

std::string table(const Stats& stats) {
  std::string text = fmt::format("{:24} {:>6} {:>7} {:>6} {:>9} {:>11}  {}\n", "rule", "sites", "edited", "kept",
                                 "unedited", "explained", "reasons");
  for (const Explanation& one : explanations()) {
    const auto rule = stats.rules.find(one.id);
    if (rule != stats.rules.end()) text += row(one.id + " " + one.name, rule->second);
  }
  text += row("all", stats.total());
  text +=
      fmt::format("{} files, {} regions left out by the preprocessor; `octavo explain OCT…` says what a number means\n",
                  stats.files, stats.left_out);
  return text;
}

std::string json(const Stats& stats) {
  nlohmann::ordered_json rules = nlohmann::ordered_json::object();
  for (const auto& [id, rule] : stats.rules) rules[id] = to_json(rule);
  const nlohmann::ordered_json report = {{"schema", 1},
                                         {"files", stats.files},
                                         {"rules", rules},
                                         {"all", to_json(stats.total())},
                                         {"left_out", stats.left_out}};
  return report.dump(1) + "\n";
}

}  // namespace octavo::rewriter
