// How much of the sources was taken: sites by rule, edited, kept on purpose, and unedited by reason.
#pragma once

#include <map>
#include <string>

#include "rewriter/rewrite.h"

namespace octavo::rewriter {

struct RuleStats {
  size_t sites = 0, edited = 0;
  size_t kept = 0;                         // by a comment or by the policy
  std::map<std::string, size_t> reasons;   // OCT201 -> unedited sites, without those kept
  [[nodiscard]] size_t explained() const;  // edited, kept, or with a reason
};

struct Stats {
  size_t files = 0;
  std::map<std::string, RuleStats> rules;  // OCT101 -> …; every rule has its line
  size_t left_out = 0;                     // regions that no unit compiled
  [[nodiscard]] RuleStats total() const;
};

[[nodiscard]] Stats stats_of(const Result& result);
// A table for people, and the same as JSON.
[[nodiscard]] std::string table(const Stats& stats);
[[nodiscard]] std::string json(const Stats& stats);

}  // namespace octavo::rewriter
