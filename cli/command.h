// One file a subcommand. Each add_* declares its options and leaves what it would do in Invocation::action; main()
// runs that after the whole command line has been understood, so a usage error never leaves work half done.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.h"

namespace CLI {
class App;
}

namespace octavo::cli {

struct Invocation {
  std::vector<std::string> clang_args;  // what follows `--`
  std::function<base::Exit()> action;
};

void add_rewrite(CLI::App& app, Invocation& invocation);
void add_explain(CLI::App& app, Invocation& invocation);
void add_build(CLI::App& app, Invocation& invocation);
void add_stages(CLI::App& app, Invocation& invocation);  // trace, calibrate, compile
void add_run(CLI::App& app, Invocation& invocation);
void add_bench(CLI::App& app, Invocation& invocation);
void add_compare(CLI::App& app, Invocation& invocation);
void add_doctor(CLI::App& app, Invocation& invocation);

}  // namespace octavo::cli
