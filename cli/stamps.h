// Which stages of a build are done, so that an unchanged rebuild does nothing. A stamp is written after a stage's
// outputs and removed before the stage starts: an interrupted stage is never taken for a finished one.
//
// DIR/.stamps/trace.json = {"key", "dependencies": [{"path", "hash"}], "outputs": [{"path", "hash"}]}
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace octavo::cli {

// Hash of everything that decides what a stage writes: options as text, input files by content.
class Key {
 public:
  Key& add(const std::string& text);
  Key& add(const std::vector<std::string>& texts);
  Key& file(const std::filesystem::path& path);   // a missing file is a value of its own
  Key& stamp(const std::filesystem::path& path);  // size and time only, for large files that nobody edits
  [[nodiscard]] std::string text() const;

 private:
  uint64_t hash_ = 0;
};

[[nodiscard]] std::string file_hash(const std::filesystem::path& path);  // xxh64 in hex, empty when missing

class Stamps {
 public:
  explicit Stamps(std::filesystem::path build_dir);

  // Same key, same dependencies, and the outputs are as the stage left them.
  [[nodiscard]] bool fresh(const std::string& stage, const Key& key) const;
  void start(const std::string& stage);
  // `dependencies`: files found to be read while the stage ran (headers).
  void finish(const std::string& stage, const Key& key, const std::vector<std::filesystem::path>& outputs,
              const std::vector<std::filesystem::path>& dependencies = {});
  [[nodiscard]] std::vector<std::string> dependencies(const std::string& stage) const;

 private:
  std::filesystem::path folder_;
  [[nodiscard]] std::filesystem::path path(const std::string& stage) const;
};

}  // namespace octavo::cli
