// Paths as the rewriter compares and reports them.
#pragma once

#include <filesystem>
#include <string>

namespace octavo::rewriter {

// Absolute, without `.` and `..`; links stay as they are named.
[[nodiscard]] inline std::string real_path(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

// Relative to `root` for what lies below it, else unchanged.
[[nodiscard]] inline std::string below(const std::string& path, const std::filesystem::path& root) {
  const std::string from = std::filesystem::absolute(root / "").lexically_normal().string();
  return path.starts_with(from) ? path.substr(from.size()) : path;
}

}  // namespace octavo::rewriter
