// Whole files in and out. Writing is atomic: the text goes to a temporary file beside the target, is flushed
// to disk and renamed, so a full disk or an interrupt leaves the old file or the new one, never half of one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace octavo::base {

// Throws Error (refused) with the path and the system's reason.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view bytes);
// Leaves the file and its time stamp alone when it holds these bytes already; returns whether it wrote.
bool write_if_different(const std::filesystem::path& path, std::string_view bytes);

// New contents for files that exist, together: every new text is on disk beside its file before the first takes its
// place, so a full disk leaves all of them as they were, and an interrupt leaves each old or new. Links are followed,
// permissions kept. Throws Error (refused) when a file no longer holds `expected`.
struct Replacement {
  std::filesystem::path path;
  std::string_view expected, bytes;
};
void replace_files(const std::vector<Replacement>& replacements);
// The file of this name beside `path`, or in the nearest folder above it.
[[nodiscard]] std::optional<std::filesystem::path> nearest_above(const std::filesystem::path& path, const char* name);
void make_directory(const std::filesystem::path& path);

// Writes piece by piece to a temporary file; commit() makes it appear. Without commit() nothing is left
// behind.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path, unsigned mode = 0644);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, size_t bytes);
  void flush();
  void commit();
  [[nodiscard]] size_t position() const { return position_; }

 private:
  std::filesystem::path path_, temporary_;
  int descriptor_ = -1;
  size_t position_ = 0;
  [[noreturn]] void fail(const char* doing) const;
};

}  // namespace octavo::base
