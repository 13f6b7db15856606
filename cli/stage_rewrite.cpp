// Rewrites the model's sources and says how the observed program finds them: Clang's file overlay puts each rewritten text
// in the place of its original, so that relative includes, messages and line numbers stay the user's.
#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/files.h"
#include "base/policy.h"
#include "cli/build.h"
#include "cli/pch.h"
#include "rewriter/apply.h"
#include "rewriter/rewrite.h"
#include "rewriter/site_file.h"

namespace octavo::cli {

namespace fs = std::filesystem;
using base::Error;
using base::Exit;

namespace {

// The user's headers that the sources include: those outside LibTorch, Octavo and the system.
Files headers_of(Build& build) {
  const fs::path list = build.hidden("headers.d");
  Files headers;
  for (const std::string& source : build.options.sources) {
    std::vector<std::string> command = {build.toolchain.clangxx};
    for (const std::string& flag : source_flags(build)) command.push_back(flag);
    for (const std::string& flag : pch_flags(build.toolchain, build.options.clang_args)) command.push_back(flag);
    command.insert(command.end(), {"-MM", "-MT", "x", "-MF", list.string(), source});
    if (!run_process(command).ok()) continue;  // the stage itself reports what does not parse
    std::istringstream words(base::read_file(list));
    for (std::string word, path; words >> word;) {
      if (word == "\\" || word == "x:") continue;
      path += word;
      if (path.ends_with('\\')) {  // an escaped space inside a name
        path.back() = ' ';
        continue;
      }
      const fs::path header = fs::absolute(path).lexically_normal();
      path.clear();
      if (std::find(build.options.sources.begin(), build.options.sources.end(), header) ==
          build.options.sources.end()) {
        headers.push_back(header);
      }
    }
  }
  std::sort(headers.begin(), headers.end());
  headers.erase(std::unique(headers.begin(), headers.end()), headers.end());
  return headers;
}

void write_overlay(const Build& build, const rewriter::Result& result) {
  nlohmann::ordered_json roots = nlohmann::ordered_json::array();
  for (size_t i = 0; i < result.files.size(); ++i) {
    const rewriter::FileResult& file = result.files[i];
    const fs::path text = build.hidden(std::to_string(i) + fs::path(file.path).extension().string());
    base::write_if_different(text, rewriter::text_with_line_markers(file));
    roots.push_back({{"type", "file"}, {"name", file.path}, {"external-contents", text.string()}});
  }
  const nlohmann::ordered_json overlay = {{"version", 0}, {"use-external-names", "false"}, {"roots", roots}};
  base::write_if_different(build.hidden("overlay.yaml"), overlay.dump(1) + "\n");
}

// NAME.octavo.cpp for the first source, NAME.<stem>.octavo.cpp for the others.
fs::path rewritten_path(const Build& build, size_t i) {
  if (i == 0) return build.file(".octavo.cpp");
  return build.file("." + fs::path(build.options.sources[i]).stem().string() + ".octavo.cpp");
}

void write_results(const Build& build, const rewriter::Result& result) {
  // Named from the source's folder, not from where octavo was started: the same input gives the same bytes.
  const fs::path root = fs::path(build.options.sources.front()).parent_path();
  std::string diff;
  for (const rewriter::FileResult& file : result.files) diff += rewriter::unified_diff(file, root);
  for (size_t i = 0; i < build.options.sources.size(); ++i) {
    base::write_if_different(rewritten_path(build, i), result.files.at(i).rewritten);
  }
  base::write_if_different(build.file(".diff"), diff);
  base::write_if_different(build.file(".sites.json"), rewriter::site_report_json(result, root));
  write_overlay(build, result);
}

}  // namespace

void rewrite_stage(Build& build) {
  const ModelOptions& options = build.options;
  Key key = build.key();
  key.add(source_flags(build))
      .add(options.header_filter)
      .add(program_version(build.toolchain.clangxx))
      .file(options.policy);
  Files outputs = {build.file(".diff"), build.file(".sites.json"), build.hidden("overlay.yaml")};
  for (size_t i = 0; i < options.sources.size(); ++i) {
    key.add(options.sources[i]).file(options.sources[i]);
    outputs.push_back(rewritten_path(build, i));
    outputs.push_back(build.hidden(std::to_string(i) + fs::path(options.sources[i]).extension().string()));
  }

  build.stage("rewrite", key, outputs, [&] {
    const base::Policy policy = options.policy.empty() ? base::Policy() : base::Policy::read(options.policy);
    rewriter::Options rewrite;
    rewrite.sources = options.sources;
    rewrite.clang_args = source_flags(build);
    rewrite.header_filter = options.header_filter;
    rewrite.resource_dir = build.toolchain.resource_dir;
    rewrite.policy = &policy;
    rewrite.pch = build.pch();
    const rewriter::Result result = rewriter::rewrite(rewrite);
    if (result.exit != Exit::done) throw StageFailed(result.exit, result.diagnostics);
    std::cerr << result.diagnostics;
    if (result.files.size() < options.sources.size()) throw Error(Exit::internal, {}, "the rewriter left out a source");
    write_results(build, result);
    return headers_of(build);
  });
}

}  // namespace octavo::cli
