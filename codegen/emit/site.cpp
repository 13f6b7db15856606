#include "codegen/emit/site.h"

#include <algorithm>
#include <cctype>

namespace octavo::emit {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else if (c != ' ' || !parts.back().empty()) {
      parts.back() += c;
    }
  }
  return parts;
}

std::vector<std::string> split_sites(const std::string& sites) { return split(sites, ','); }

std::string short_name(const std::string& sites) {
  const std::vector<std::string> all = split_sites(sites);
  std::string result;
  if (all.size() > 1) {
    for (const std::string& site : all) result += (result.empty() ? "" : "_") + split(site, '.').back();
    return result.size() <= 40 ? result : split(all.front(), '.').back() + "_and_others";
  }
  const std::vector<std::string> segments = split(all.front(), '.');
  return segments.size() < 2 ? segments.back() : segments[segments.size() - 2] + "_" + segments.back();
}

std::string comment_site(const graph::Call& call, const std::string& sites) {
  const std::vector<std::string> all = split_sites(sites);
  std::string result = all.front();
  if (all.size() > 1) {
    const std::string parent = all.front().substr(0, all.front().rfind('.') + 1);
    const bool siblings = std::ranges::all_of(
        all, [&](const std::string& site) { return site.substr(0, site.rfind('.') + 1) == parent; });
    result.clear();
    for (const std::string& site : all)
      result += (result.empty() ? "" : ", ") + (siblings ? site.substr(parent.size()) : site);
    if (siblings) result = parent + "{" + result + "}";
  }
  return call.has("site") || call.has("sites") ? result : result + "  " + call.op;
}

std::string block_of(const std::string& sites) {
  const std::vector<std::string> segments = split(split_sites(sites).front(), '.');
  std::string result;
  for (const std::string& segment : segments) {
    result += (result.empty() ? "" : ".") + segment;
    if (!segment.empty() && std::ranges::all_of(segment, [](unsigned char c) { return std::isdigit(c); }))
      return result;
  }
  return segments.front();
}

}  // namespace octavo::emit
