#include "rewriter/rewrite.h"

#include <algorithm>

#include "base/files.h"
#include "rewriter/apply.h"
#include "rewriter/parse.h"
#include "rewriter/paths.h"
#include "rewriter/plan.h"
#include "rewriter/reverse.h"
#include "rewriter/rules/rules.h"

namespace octavo::rewriter {
namespace {

std::string source_line(const std::string& text, int line) {
  size_t begin = 0;
  for (int i = 1; i < line && begin != std::string::npos; ++i) {
    begin = text.find('\n', begin);
    if (begin != std::string::npos) ++begin;
  }
  if (begin == std::string::npos) return {};
  std::string result = text.substr(begin, text.find('\n', begin) - begin);
  if (result.ends_with('\r')) result.pop_back();
  return result;
}

FileResult unchanged(const std::string& path, const Options& options) {
  const auto memory = options.memory.find(path);
  FileResult file;
  file.path = path;
  file.original = file.rewritten = memory == options.memory.end() ? base::read_file(path) : memory->second;
  return file;
}

void change(FileResult& file, const FileEdits& planned) {
  file.edits = include_edit(file.path, file.original);
  file.edits.insert(file.edits.end(), planned.edits.begin(), planned.edits.end());
  std::stable_sort(file.edits.begin(), file.edits.end(),
                   [](const Edit& a, const Edit& b) { return a.offset < b.offset; });
  file.spellings = planned.spellings;
  file.rewritten = edited(file.original, file.edits);
}

void add_files(const Plan& plan, const Options& options, Result& result) {
  std::vector<std::string> paths;
  for (const std::string& source : options.sources) paths.push_back(real_path(source));
  for (const auto& [path, edits] : plan.files) {
    if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
  }
  for (const std::string& path : paths) {
    result.files.push_back(unchanged(path, options));
    if (const auto edits = plan.files.find(path); edits != plan.files.end()) change(result.files.back(), edits->second);
  }
}

// Tries the way back, so that the report can say which files need it.
void try_reversing(Result& result) {
  std::set<std::string> quantizers;
  for (const FileResult& file : result.files) quantizers.merge(declared_quantizers(file.rewritten));
  for (FileResult& file : result.files) {
    if (file.edits.empty()) continue;
    try {
      const auto edits = reversing_edits(file.rewritten, quantizers, nullptr, file.path);
      file.reverses_alone = edited(file.rewritten, edits) == file.original;
    } catch (const base::Error&) {
      file.reverses_alone = false;
    }
    if (!file.reverses_alone)
      result.remarks.push_back(
          {file.path, 0, 0, "", "",
           "--reverse of this file needs the site file: its text alone does not tell how torch::nn was spelled", ""});
  }
}

void add_remarks(const Found& found, Result& result) {
  const auto line_of = [&](const std::string& file, int line) {
    const auto text = found.texts.find(file);
    return text == found.texts.end() ? std::string() : source_line(text->second, line);
  };
  for (const Site& site : result.sites) {
    if (site.rewritten) continue;
    result.remarks.push_back({site.file, site.line, site.column, site.rule, site.id,
                              site.id + " stays as it is: " + site.reason, line_of(site.file, site.line)});
  }
  for (const auto& [spot, times] : found.left_out) {
    const auto units = found.units.find(spot.file);
    if (units != found.units.end() && times < units->second) continue;  // some unit saw it
    result.remarks.push_back({spot.file, spot.line, spot.column, "", "",
                              "left out by the preprocessor, so nothing in this region was looked at",
                              line_of(spot.file, spot.line)});
  }
}

}  // namespace

Result rewrite(const Options& options) {
  const Parsed parsed = parse_and_find(options);
  Result result;
  result.diagnostics = parsed.diagnostics;
  if (parsed.failed) {
    result.exit = base::Exit::parse;
    add_files({}, options, result);
    return result;
  }
  Plan plan = make_plan(parsed.found, options.policy);
  add_files(plan, options, result);
  result.sites = std::move(plan.sites);
  add_remarks(parsed.found, result);
  try_reversing(result);
  return result;
}

std::vector<RuleText> rule_texts() {
  std::vector<RuleText> texts;
  for (const Rule* rule : rules()) texts.push_back({rule->id, rule->name, rule->summary});
  return texts;
}

}  // namespace octavo::rewriter
