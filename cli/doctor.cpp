// octavo doctor: what is found where, and how to get what is missing.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/pch.h"
#include "cli/toolchain.h"
#include "runtime/isa.h"

namespace octavo::cli {

namespace {

namespace fs = std::filesystem;

struct Finding {
  std::string name;
  bool ok = true;
  std::string detail, fix;
};

// A check that throws base::Error when it fails.
template <typename Check>
Finding checked(const std::string& name, const std::string& detail, Check check) {
  try {
    check();
    return {name, true, detail, ""};
  } catch (const base::Error& error) {
    return {name, false, (error.place.file.empty() ? "" : error.place.file + " ") + error.cause, error.fix};
  }
}

Finding file_found(const std::string& name, const fs::path& path) {
  if (fs::exists(path)) return {name, true, path.string(), ""};
  return {name, false, path.string() + " is missing", "build or install Octavo again"};
}

Finding instruction_sets() {
  std::string text;
  for (const Isa& isa : isas())
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", isa.name, isa.supported ? "" : " (not on this CPU)");
  return checked("instruction sets", text, [] {
    try {
      (void)choose_kernels();
    } catch (const std::exception& error) {
      throw base::Error(base::Exit::refused, {}, error.what(), "unset OCTAVO_ISA, or name one that is listed");
    }
  });
}

std::vector<Finding> examine(const Toolchain& tools) {
  std::vector<Finding> findings;
  findings.push_back({"octavo", true, version() + ", " + tools.file.string(), ""});
  findings.push_back(
      checked("clang++ 19",
              tools.clangxx + ", " + program_version(tools.clangxx) + ", resources " + tools.resource_dir.string(),
              [&] { require_clang(tools); }));
  findings.push_back(
      checked("host compiler", tools.cxx + ", " + program_version(tools.cxx), [&] { require_host_compiler(tools); }));
  findings.push_back(checked("LibTorch", torch_version(tools.torch_root) + ", " + tools.torch_root.string(),
                             [&] { require_torch(tools); }));
  findings.push_back(file_found("runtime library", tools.runtime_library));
  for (const std::string& library : tools.observe_libraries) {
    if (library.ends_with(".a") && !fs::exists(library)) findings.push_back(file_found("observe library", library));
  }
  findings.push_back(file_found("models", tools.models / "bert.cpp"));
  const bool whole = findings[1].ok && findings[3].ok;
  const fs::path pch = whole ? pch_path(tools) : fs::path();
  findings.push_back({"precompiled header", true,
                      !whole            ? "needs clang++ and LibTorch"
                      : fs::exists(pch) ? pch.string()
                                        : "not made yet, will be " + pch.string(),
                      ""});
  findings.push_back(instruction_sets());
  return findings;
}

base::Exit doctor(const ToolchainOptions& options, bool json) {
  const std::vector<Finding> findings = examine(Toolchain::find(options));
  bool ok = true;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Finding& finding : findings) {
    ok = ok && finding.ok;
    list.push_back({{"name", finding.name}, {"ok", finding.ok}, {"detail", finding.detail}, {"fix", finding.fix}});
    if (json) continue;
    std::cout << fmt::format("{:<4} {:<18} {}\n", finding.ok ? "ok" : "MISS", finding.name, finding.detail);
    if (!finding.fix.empty()) std::cout << fmt::format("{:23} fix: {}\n", "", finding.fix);
  }
  if (json) std::cout << nlohmann::ordered_json{{"schema", 1}, {"ok", ok}, {"findings", list}}.dump(1) << "\n";
  return ok ? base::Exit::done : base::Exit::check_failed;
}

}  // namespace

void add_doctor(CLI::App& app, Invocation& invocation) {
  CLI::App* sub = app.add_subcommand("doctor", "Show what Octavo needs, where it found it, and what is missing");
  sub->footer("\nExits with 1 when something needed is missing.\nExample:\n  octavo doctor --torch-root /opt/libtorch");
  auto options = std::make_shared<ToolchainOptions>();
  auto json = std::make_shared<bool>(false);
  sub->add_flag("--json", *json, "Print one JSON object");
  add_toolchain_options(*sub, *options);
  sub->callback(
      [options, json, &invocation] { invocation.action = [options, json] { return doctor(*options, *json); }; });
}

}  // namespace octavo::cli
