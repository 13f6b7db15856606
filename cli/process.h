// Runs another program and waits for it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace octavo::cli {

struct ProcessResult {
  int exit_code = 0;  // 128 + the signal when it was killed by one
  std::string out;    // empty when not captured
  std::string err;
  [[nodiscard]] bool ok() const { return exit_code == 0; }
};

enum class Output {
  capture,  // into ProcessResult
  pass_on   // straight to ours
};

// `arguments[0]` is looked up on the PATH when it has no slash. Throws base::Error (refused) when it cannot be started.
[[nodiscard]] ProcessResult run_process(const std::vector<std::string>& arguments, Output out = Output::capture,
                                        Output err = Output::capture);

// Whether a compiler or linker says that it could not write all of its output.
[[nodiscard]] bool says_disk_full(const std::string& messages);

// As one would type it, quoted for a shell.
[[nodiscard]] std::string command_line(const std::vector<std::string>& arguments);

}  // namespace octavo::cli
