// The command line of an observed program. No LibTorch.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace octavo::observe {

// `--flag value` pairs and bare switches after the subcommand.
class Options {
 public:
  // Throws base::Error (usage) for an unknown subcommand or flag (with a suggestion), a missing value and a flag given
  // twice that takes one value.
  Options(int argc, const char* const* argv);

  [[nodiscard]] const std::string& command() const { return command_; }
  [[nodiscard]] bool has(const std::string& flag) const { return values_.contains(flag); }
  [[nodiscard]] const std::vector<std::string>& all(const std::string& flag) const;
  // Throws base::Error (usage) when the flag is not given.
  [[nodiscard]] const std::string& required(const std::string& flag) const;
  [[nodiscard]] std::string value_or(const std::string& flag, const std::string& otherwise) const;
  // Throws base::Error (usage) for what is not a whole number within [low, high].
  [[nodiscard]] int64_t integer_or(const std::string& flag, int64_t otherwise, int64_t low, int64_t high) const;

  [[nodiscard]] static std::string usage();

 private:
  std::string command_;
  std::map<std::string, std::vector<std::string>> values_;
};

}  // namespace octavo::observe
