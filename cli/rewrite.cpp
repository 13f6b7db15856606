// octavo rewrite: the source edits that quantise a model, as a diff, a check, or in place.
#include "rewriter/rewrite.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "base/files.h"
#include "base/policy.h"
#include "cli/command.h"
#include "cli/in_place.h"
#include "cli/pch.h"
#include "cli/policy_file.h"
#include "cli/progress.h"
#include "cli/sarif.h"
#include "cli/toolchain.h"
#include "rewriter/apply.h"
#include "rewriter/reverse.h"
#include "rewriter/site_file.h"
#include "rewriter/stats.h"

namespace octavo::cli {

namespace fs = std::filesystem;
using base::Error;
using base::Exit;

namespace {

struct RewriteOptions {
  std::vector<std::string> sources, clang_args;
  std::string output, policy, report, build_dir, header_filter, sites;
  bool diff = false, check = false, in_place = false, stats = false, json = false, reverse = false, force = false;
  bool quiet = false;
  ToolchainOptions toolchain;
};

fs::path precompiled_header(const Toolchain& tools, const Flags& flags, bool quiet) {
  Progress progress(1, quiet);
  bool made = false;
  const fs::path pch = ensure_pch(tools, flags, [&] {
    made = true;
    progress.begin("precompile");
  });
  if (made) progress.done();
  return pch;
}

bool includes_torch(const Flags& flags, const Toolchain& tools) {
  return std::any_of(flags.begin(), flags.end(), [&](const std::string& flag) {
    std::error_code none;
    const std::string folder = flag.starts_with("-I") ? flag.substr(2) : flag;
    return folder.starts_with("/") && fs::equivalent(folder, tools.torch_includes().back(), none);
  });
}

// A command of a compilation database, as far as parsing goes, over the header precompiled for its flags. A command that
// another LibTorch is meant for goes without.
Flags over_header(Flags command, const Toolchain& tools, bool quiet) {
  if (!includes_torch(command, tools)) return command;
  // What Clang 19 takes by itself; the header's own flags name another.
  const auto names_standard = [](const std::string& flag) { return flag.starts_with("-std="); };
  if (std::none_of(command.begin(), command.end(), names_standard)) command.insert(command.begin() + 1, "-std=gnu++17");
  const fs::path pch = precompiled_header(tools, Flags(command.begin() + 1, command.end()), quiet);
  if (pch.empty()) return command;
  command = parse_flags(command);
  command.insert(command.begin() + 1, {"-O0", "-fPIC", "-include-pch", pch.string()});
  return command;
}

// Flags after `--`, else -p, else a database above the source, else those of an observed program.
void choose_flags(const RewriteOptions& options, const Toolchain& tools, rewriter::Options& rewrite) {
  if (!options.build_dir.empty()) rewrite.compile_commands_dir = options.build_dir;
  const bool database =
      !options.build_dir.empty() || base::nearest_above(options.sources.front(), "compile_commands.json");
  if (options.clang_args.empty() && database) {
    rewrite.adjust = [&tools, quiet = options.quiet](Flags command) {
      return over_header(std::move(command), tools, quiet);
    };
    return;
  }
  require_torch(tools);
  rewrite.clang_args = observe_flags(tools);
  for (const std::string& flag : parse_flags(options.clang_args)) rewrite.clang_args.push_back(flag);
  rewrite.pch = precompiled_header(tools, options.clang_args, options.quiet);
}

void write_report(const std::string& path, const rewriter::Result& result) {
  if (path.empty()) return;
  base::write_if_different(path, path.ends_with(".sarif") ? sarif(result) : rewriter::site_report_json(result));
}

Exit deliver(const RewriteOptions& options, const rewriter::Result& result) {
  const auto changed = changed_files(result);
  if (options.stats) {
    const rewriter::Stats stats = rewriter::stats_of(result);
    std::cout << (options.json ? json(stats) : table(stats));
  } else if (options.check) {
    for (const rewriter::FileResult* file : changed) std::cout << file->path << ": would be changed\n";
    return changed.empty() ? Exit::done : Exit::check_failed;
  } else if (options.in_place) {
    write_in_place(result);
  } else if (!options.output.empty()) {
    base::write_if_different(options.output, result.files.front().rewritten);
  } else {
    for (const rewriter::FileResult* file : changed) std::cout << rewriter::unified_diff(*file);
  }
  return Exit::done;
}

void check_usage(const RewriteOptions& options) {
  for (const std::string& source : options.sources) {
    if (!fs::is_regular_file(source)) throw Error(Exit::usage, {source}, "no such source file");
  }
  if (!options.output.empty() && options.sources.size() != 1) {
    throw Error(Exit::usage, {}, "--output takes one SOURCE", "use --in-place for several");
  }
  if (!options.report.empty() && !options.report.ends_with(".json") && !options.report.ends_with(".sarif")) {
    throw Error(Exit::usage, {options.report}, "is neither .json nor .sarif",
                "the suffix of --report chooses the format");
  }
}

rewriter::Result rewrite_sources(const RewriteOptions& options, rewriter::Options& rewrite) {
  const Toolchain tools = Toolchain::find(options.toolchain);
  rewrite.resource_dir = tools.resource_dir;
  choose_flags(options, tools, rewrite);
  const std::string file = policy_for(options.sources, options.policy, options.quiet);
  const base::Policy policy = file.empty() ? base::Policy() : base::Policy::read(file);
  rewrite.policy = &policy;
  return rewriter::rewrite(rewrite);
}

Exit run(const RewriteOptions& options) {
  check_usage(options);
  rewriter::Options rewrite;
  rewrite.sources = options.sources;
  rewrite.header_filter = options.header_filter;
  const rewriter::Result result =
      options.reverse
          ? rewriter::reverse(rewrite, options.sites.empty() ? std::optional<fs::path>() : fs::path(options.sites))
          : rewrite_sources(options, rewrite);
  std::cerr << result.diagnostics;
  if (!options.stats) {
    for (const rewriter::Remark& remark : result.remarks) std::cerr << rewriter::text(remark);
  }
  if (result.exit != Exit::done) return result.exit;
  if (options.in_place && !options.force) refuse_uncommitted(result);
  write_report(options.report, result);  // first: --reverse may need it, should the next step be interrupted
  return deliver(options, result);
}

}  // namespace

void add_rewrite(CLI::App& app, Invocation& invocation) {
  CLI::App* sub = app.add_subcommand("rewrite", "Show or make the source edits that quantise a model");
  sub->footer(
      "\nRemarks on standard error name every place that stays as it is, with the reason.\n"
      "Examples:\n"
      "  octavo rewrite models/bert.cpp                     the change as a diff\n"
      "  octavo rewrite --check model.cpp                   exit code 1 when something would change\n"
      "  octavo rewrite --stats *.cpp                       how many sites were edited, kept and left, by rule\n"
      "  octavo rewrite --in-place --report sites.json model.cpp -- -Iinclude\n"
      "  octavo rewrite --reverse --in-place model.cpp      the original bytes again");
  auto options = std::make_shared<RewriteOptions>();
  sub->add_option("SOURCE", options->sources, "C++ sources")->required();
  auto* diff = sub->add_flag("--diff", options->diff, "Print a unified diff (the default)");
  auto* check = sub->add_flag("--check", options->check, "Change nothing; exit with 1 when something would change");
  auto* in_place = sub->add_flag("--in-place", options->in_place, "Write the sources; they must be committed");
  auto* output = sub->add_option("--output", options->output, "Write the rewritten source here");
  diff->excludes(check)->excludes(in_place)->excludes(output);
  check->excludes(in_place)->excludes(output);
  in_place->excludes(output);
  auto* stats = sub->add_flag("--stats", options->stats, "Print how many sites were edited, kept and left, by rule");
  stats->excludes(diff)->excludes(check)->excludes(in_place)->excludes(output);
  sub->add_flag("--json", options->json, "With --stats: as JSON")->needs(stats);
  sub->add_flag("--force", options->force, "With --in-place: also files with uncommitted changes")->needs(in_place);
  auto* reverse = sub->add_flag("--reverse", options->reverse, "Take the edits out again")->excludes(stats);
  sub->add_option("--sites", options->sites, "With --reverse: the report (.json) of the rewrite")->needs(reverse);
  sub->add_option("--policy", options->policy,
                  "octavo.toml: sites that are left alone (default: the nearest at or above the sources)");
  sub->add_option("--report", options->report, "Write every site and remark, as .json or .sarif");
  sub->add_option("-p", options->build_dir, "Folder of compile_commands.json");
  sub->add_option("--header-filter", options->header_filter, "Regular expression: headers that are edited too");
  sub->add_flag("--quiet", options->quiet, "No progress");
  add_toolchain_options(*sub, options->toolchain);
  sub->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      options->clang_args = invocation.clang_args;
      return run(*options);
    };
  });
}

}  // namespace octavo::cli
