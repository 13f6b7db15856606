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

std::string braced(const std::vector<std::string>& names) {
  std::vector<std::vector<std::string>> all;
  for (const std::string& name : names) all.push_back(split(name, '.'));
  size_t differing = 0, at = 0;
  for (const auto& segments : all) {
    if (segments.size() != all[0].size()) differing = all[0].size() + 1;
  }
  for (size_t i = 0; differing == 0 && i < all[0].size(); ++i) {
    if (std::ranges::all_of(all, [&](const auto& segments) { return segments[i] == all[0][i]; })) continue;
    at = i;
    for (size_t j = i + 1; j < all[0].size(); ++j) {
      if (!std::ranges::all_of(all, [&](const auto& segments) { return segments[j] == all[0][j]; })) differing = 2;
    }
    differing = std::max<size_t>(differing, 1);
  }
  std::string result;
  if (differing != 1) {
    for (const std::string& name : names) result += (result.empty() ? "" : " ++ ") + name;
    return result;
  }
  for (size_t i = 0; i < all[0].size(); ++i) {
    result += i == 0 ? "" : ".";
    if (i != at) {
      result += all[0][i];
      continue;
    }
    std::string choices;
    for (const auto& segments : all) choices += (choices.empty() ? "" : ", ") + segments[i];
    result += "{" + choices + "}";
  }
  return result;
}

std::string comment_site(const graph::Call& call, const std::string& sites) {
  const std::string result = braced(split_sites(sites));
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
