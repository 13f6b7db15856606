// octavo: the command line. Understands the arguments, runs one subcommand, and turns whatever comes back into text
// and one of the six exit codes.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>

#include "base/error.h"
#include "cli/build.h"
#include "cli/command.h"
#include "cli/toolchain.h"

namespace {

using octavo::base::Error;
using octavo::base::Exit;

constexpr const char* kDescription =
    "Patches a LibTorch transformer's source so that it is quantised, and compiles it ahead of time into INT8 C++.";
constexpr const char* kFooter =
    "\nExit codes: 0 done, 1 a check failed, 2 usage, 3 the source does not parse, 4 refused, 5 internal.\n"
    "Examples:\n"
    "  octavo rewrite models/bert.cpp\n"
    "  octavo build --model path/to/all-MiniLM-L6-v2 --name minilm -o out\n"
    "  octavo run out --inputs samples.jsonl --outputs answers.safetensors\n"
    "  octavo <subcommand> --help";

std::string subcommand_names(const CLI::App& app, const std::string& given) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(sub->get_name());
  }
  const std::string near = octavo::base::nearest(given, names);
  if (!near.empty()) return "did you mean `octavo " + near + "`?";
  std::string all = "choose one of";
  for (const std::string& name : names) all += " " + name;
  return all;
}

int usage_error(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& arguments) {
  const auto chosen = app.get_subcommands();
  std::string cause = error.what(), fix = "octavo --help";
  if (!chosen.empty()) {
    fix = "octavo " + chosen.front()->get_name() + " --help lists the options";
  } else if (!arguments.empty() && arguments.front().rfind('-', 0) != 0) {
    cause = "unknown subcommand " + arguments.front();
    fix = subcommand_names(app, arguments.front());
  }
  std::cerr << Error(Exit::usage, {}, cause, fix).text() << "\n";
  return static_cast<int>(Exit::usage);
}

int run(const std::vector<std::string>& arguments) {
  octavo::cli::Invocation invocation;
  const auto separator = std::find(arguments.begin(), arguments.end(), "--");
  std::vector<std::string> own(arguments.begin(), separator);
  if (separator != arguments.end()) invocation.clang_args.assign(separator + 1, arguments.end());

  CLI::App app(kDescription, "octavo");
  app.footer(kFooter);
  app.set_version_flag("--version", octavo::cli::version_text());
  app.require_subcommand(1);
  octavo::cli::add_rewrite(app, invocation);
  octavo::cli::add_explain(app, invocation);
  octavo::cli::add_build(app, invocation);
  octavo::cli::add_stages(app, invocation);
  octavo::cli::add_run(app, invocation);
  octavo::cli::add_bench(app, invocation);
  octavo::cli::add_compare(app, invocation);
  octavo::cli::add_doctor(app, invocation);

  try {
    std::vector<std::string> reversed(own.rbegin(), own.rend());  // as CLI11 takes them
    app.parse(reversed);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error, own);
  }
  return static_cast<int>(invocation.action());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const Error& error) {
    std::cerr << error.text() << "\n";
    return static_cast<int>(error.exit);
  } catch (const octavo::cli::StageFailed& failed) {
    std::cerr << failed.what();
    return static_cast<int>(failed.exit);
  } catch (const std::exception& error) {
    std::cerr << "error: internal: " << error.what() << "\n"
              << "  This is a defect of Octavo. Please report it with this command line and `octavo doctor --json`.\n";
    return static_cast<int>(Exit::internal);
  }
}
