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

Remark note(const Stay& what, const Spot& spot = {}) {
  Remark remark;
  remark.file = spot.file;
  remark.line = spot.line;
  remark.column = spot.column;
  remark.offset = spot.begin;
  remark.length = spot.end - spot.begin;
  remark.reason = reason(what.why).id;
  remark.text = what.text();
  remark.lost = reason(what.why).lost;
  remark.fix = what.fix_text();
  return remark;
}

Remark remark_of(const Site& site) {
  Remark remark;
  remark.file = site.file;
  remark.line = site.line;
  remark.column = site.column;
  remark.offset = site.offset;
  remark.length = site.length;
  remark.rule = site.rule;
  remark.reason = reason(site.stays.why).id;
  remark.id = site.id;
  remark.module = site.module;
  remark.text = site.id + " stays as it is: " + site.reason;
  const char* lost = reason(site.stays.why).lost;
  remark.lost = lost ? lost : rule(site.rule).lost;
  remark.fix = site.stays.fix_text();
  return remark;
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
    if (file.reverses_alone) continue;
    Remark remark = note({Why::needs_site_file, {}, {}});
    remark.file = file.path;
    result.remarks.push_back(remark);
  }
}

void add_remarks(const Found& found, const Plan& plan, Result& result) {
  const auto quote = [&](Remark remark) {
    if (const auto text = found.texts.find(remark.file); text != found.texts.end())
      remark.source_line = source_line(text->second, remark.line);
    result.remarks.push_back(std::move(remark));
  };
  for (const Site& site : result.sites) {
    if (!site.rewritten) quote(remark_of(site));
  }
  for (const auto& [spot, leaving] : found.left_out) {
    const auto units = found.units.find(spot.file);
    if (units != found.units.end() && leaving.size() < units->second.size()) continue;  // some unit saw it
    quote(note({Why::left_out, {}, {}}, spot));
  }
  for (const auto& [spot, rules] : plan.idle_keeps) quote(note({Why::idle_keep, rules, {}}, spot));
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
  add_remarks(parsed.found, plan, result);
  try_reversing(result);
  return result;
}

std::vector<Explanation> explanations() {
  const auto text = [](const char* given) { return std::string(given ? given : ""); };
  std::vector<Explanation> all;
  for (const Rule* rule : rules())
    all.push_back(
        {rule->id, rule->name, rule->matches, rule->becomes, rule->lost, "", rule->before, text(rule->after)});
  for (const Reason& reason : reasons()) {
    Explanation one;
    one.id = reason.id;
    one.name = Stay{reason.why, "…", {}}.text();
    one.lost = text(reason.lost);
    one.fix = Stay{reason.why, "…", {}}.fix_text();
    one.before = text(reason.before);
    one.after = text(reason.after);
    all.push_back(one);
  }
  return all;
}

}  // namespace octavo::rewriter
