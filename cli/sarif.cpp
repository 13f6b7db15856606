#include "cli/sarif.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/toolchain.h"

namespace octavo::cli {

using nlohmann::ordered_json;

namespace {

// Relative to the working directory where the file lies below it, as reviewers' tools expect.
std::string uri(const std::string& path) {
  std::string plain = std::filesystem::path(path).lexically_proximate(std::filesystem::current_path()).generic_string();
  if (plain.starts_with("..")) plain = "file://" + path;
  std::string encoded;
  for (const char c : plain) {
    const bool as_it_is =
        std::isalnum(static_cast<unsigned char>(c)) || std::string_view("-._~/:").find(c) != std::string_view::npos;
    constexpr const char* digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    encoded += as_it_is ? std::string(1, c) : std::string{'%', digits[byte >> 4], digits[byte & 15]};
  }
  return encoded;
}

// Places in one text, as SARIF counts them: columns in UTF-16 code units, and bytes.
class Regions {
 public:
  explicit Regions(const std::string& text) : text_(text), lines_{0} {
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') lines_.push_back(i + 1);
    }
  }
  ordered_json region(size_t offset, size_t length) const {
    const auto [line, column] = place(offset);
    const auto [end_line, end_column] = place(offset + length);
    return {{"startLine", line},       {"startColumn", column}, {"endLine", end_line},
            {"endColumn", end_column}, {"byteOffset", offset},  {"byteLength", length}};
  }
  std::string text(size_t offset, size_t length) const { return text_.substr(offset, length); }

 private:
  const std::string& text_;
  std::vector<size_t> lines_;

  std::pair<size_t, size_t> place(size_t offset) const {
    const size_t line = std::upper_bound(lines_.begin(), lines_.end(), offset) - lines_.begin();
    size_t units = 1;
    for (size_t i = lines_[line - 1]; i < offset; ++i) {
      const auto byte = static_cast<unsigned char>(text_[i]);
      if ((byte & 0xC0) != 0x80) units += byte >= 0xF0 ? 2 : 1;  // a character of four bytes is a surrogate pair
    }
    return {line, units};
  }
};

class Report {
 public:
  explicit Report(const rewriter::Result& result) : result_(result), explanations_(rewriter::explanations()) {
    for (const rewriter::FileResult& file : result.files) regions_.try_emplace(file.path, file.original);
  }

  ordered_json run() {
    for (const rewriter::FileResult& file : result_.files) add_include(file);
    for (const rewriter::Site& site : result_.sites) {
      if (site.rewritten) add_edited(site);
    }
    for (const rewriter::Remark& remark : result_.remarks) add_remark(remark);
    const ordered_json driver = {
        {"name", "octavo"}, {"version", version()}, {"semanticVersion", version()}, {"rules", rules()}};
    return {{"tool", {{"driver", driver}}}, {"columnKind", "utf16CodeUnits"}, {"results", results_}};
  }

 private:
  const rewriter::Result& result_;
  const std::vector<rewriter::Explanation> explanations_;
  std::map<std::string, Regions> regions_;
  ordered_json results_ = ordered_json::array();

  ordered_json rules() const {
    ordered_json rules = ordered_json::array();
    for (const rewriter::Explanation& one : explanations_) {
      std::string help = one.matches.empty() ? one.name : one.matches + "\nbecomes: " + one.becomes;
      if (!one.lost.empty()) help += "\nlost where a place stays: " + one.lost;
      if (!one.fix.empty()) help += "\nfix: " + one.fix;
      const std::string example =
          one.before.empty() ? "" : "\n\n```cpp\n" + one.before + "```\n\nbecomes\n\n```cpp\n" + one.after + "```\n";
      rules.push_back({{"id", one.id},
                       {"name", one.name},
                       {"shortDescription", {{"text", one.name}}},
                       {"fullDescription", {{"text", one.matches.empty() ? one.name : one.matches}}},
                       {"help", {{"text", help}, {"markdown", help + (one.after.empty() ? "" : example)}}},
                       {"defaultConfiguration", {{"level", "note"}}}});
    }
    return rules;
  }

  size_t index(const std::string& id) const {
    const auto rule =
        std::find_if(explanations_.begin(), explanations_.end(), [&](const auto& e) { return e.id == id; });
    return rule - explanations_.begin();
  }

  ordered_json location(const std::string& file, int line, int column, size_t offset, size_t length,
                        const std::string& id) const {
    ordered_json physical = {{"artifactLocation", {{"uri", uri(file)}}}};
    const auto regions = regions_.find(file);
    if (line > 0 && regions != regions_.end()) {
      physical["region"] = regions->second.region(offset, length);
      physical["region"]["snippet"] = {{"text", regions->second.text(offset, length)}};
    } else if (line > 0) {
      physical["region"] = {{"startLine", line}, {"startColumn", std::max(column, 1)}};
    }
    ordered_json location = {{"physicalLocation", physical}};
    if (!id.empty())
      location["logicalLocations"] = ordered_json::array({{{"fullyQualifiedName", id}, {"kind", "member"}}});
    return location;
  }

  // The edits of one change, by file; the include is the change 0 of its file.
  ordered_json fix(int change, const std::string& what, const std::string& only_file = {}) const {
    ordered_json changes = ordered_json::array();
    for (const rewriter::FileResult& file : result_.files) {
      if (!only_file.empty() && file.path != only_file) continue;
      ordered_json replacements = ordered_json::array();
      for (const rewriter::Edit& edit : file.edits) {
        if (edit.change != change) continue;
        replacements.push_back({{"deletedRegion", regions_.at(file.path).region(edit.offset, edit.length)},
                                {"insertedContent", {{"text", edit.text}}}});
      }
      if (!replacements.empty())
        changes.push_back({{"artifactLocation", {{"uri", uri(file.path)}}}, {"replacements", replacements}});
    }
    return {{"description", {{"text", what}}}, {"artifactChanges", changes}};
  }

  void add(const std::string& rule, const std::string& text, const ordered_json& location, ordered_json more) {
    ordered_json result = {{"ruleId", rule},
                           {"ruleIndex", index(rule)},
                           {"level", "note"},
                           {"message", {{"text", text}}},
                           {"locations", ordered_json::array({location})}};
    result.update(more);
    results_.push_back(result);
  }

  void add_include(const rewriter::FileResult& file) {
    const auto include =
        std::find_if(file.edits.begin(), file.edits.end(), [](const rewriter::Edit& edit) { return edit.change == 0; });
    if (include == file.edits.end()) return;
    const rewriter::Reason& note = rewriter::reason(rewriter::Why::include);
    add(note.id, note.says, location(file.path, 1, 1, include->offset, include->length, ""),
        {{"fixes", ordered_json::array({fix(0, "add the include", file.path)})}});
  }

  // Of several sites that one edit serves, as in `Linear a, b;`, the first carries it.
  void add_edited(const rewriter::Site& site) {
    ordered_json more = {{"properties", {{"site", site.id}, {"module", site.module}, {"status", "rewritten"}}}};
    const auto first = std::find_if(result_.sites.begin(), result_.sites.end(),
                                    [&](const rewriter::Site& other) { return other.change == site.change; });
    if (&*first == &site) more["fixes"] = ordered_json::array({fix(site.change, site.from + " becomes " + site.to)});
    add(site.rule, site.id + " is rewritten",
        location(site.file, site.line, site.column, site.offset, site.length, site.id), more);
  }

  void add_remark(const rewriter::Remark& remark) {
    ordered_json more = {{"properties",
                          {{"site", remark.id},
                           {"module", remark.module},
                           {"status", "skipped"},
                           {"reason", remark.reason},
                           {"lost", remark.lost},
                           {"fix", remark.fix}}}};
    const bool kept = remark.reason == rewriter::reason(rewriter::Why::kept).id;
    const bool policy = remark.reason == rewriter::reason(rewriter::Why::policy).id;
    if (kept || policy)
      more["suppressions"] = ordered_json::array(
          {{{"kind", kept ? "inSource" : "external"}, {"status", "accepted"}, {"justification", remark.text}}});
    add(remark.rule.empty() ? remark.reason : remark.rule, remark.text,
        location(remark.file, remark.line, remark.column, remark.offset, remark.length, remark.id), more);
  }
};

}  // namespace

std::string sarif(const rewriter::Result& result) {
  const ordered_json report = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                               {"version", "2.1.0"},
                               {"runs", ordered_json::array({Report(result).run()})}};
  return report.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace octavo::cli
