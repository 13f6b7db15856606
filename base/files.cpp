#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

#include "base/error.h"

namespace octavo::base {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) throw Error(Exit::refused, {path.string()}, "is a directory, not a file");
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(Exit::refused, {path.string()}, std::string("cannot be read: ") + std::strerror(errno));
  std::ostringstream bytes;
  bytes << in.rdbuf();
  if (in.bad()) throw Error(Exit::refused, {path.string()}, std::string("cannot be read: ") + std::strerror(errno));
  return std::move(bytes).str();
}

void write_file(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes.data(), bytes.size());
  file.commit();
}

bool write_if_different(const fs::path& path, std::string_view bytes) {
  std::error_code error;
  if (fs::is_regular_file(path, error) && fs::file_size(path, error) == bytes.size() && read_file(path) == bytes)
    return false;
  write_file(path, bytes);
  return true;
}

void replace_files(const std::vector<Replacement>& replacements) {
  std::vector<std::unique_ptr<AtomicFile>> files;
  for (const Replacement& replacement : replacements) {
    std::error_code error;
    const fs::path target = fs::canonical(replacement.path, error);
    if (error) throw Error(Exit::refused, {replacement.path.string()}, "cannot be found: " + error.message());
    const auto mode = static_cast<unsigned>(fs::status(target).permissions()) & 07777;
    files.push_back(std::make_unique<AtomicFile>(target, mode));
    files.back()->write(replacement.bytes.data(), replacement.bytes.size());
    if (read_file(target) != replacement.expected)
      throw Error(Exit::refused, {replacement.path.string()}, "has changed since it was read", "run again");
  }
  for (const auto& file : files) file->flush();
  for (const auto& file : files) file->commit();
}

std::optional<fs::path> nearest_above(const fs::path& path, const char* name) {
  for (fs::path folder = fs::absolute(path).lexically_normal().parent_path();; folder = folder.parent_path()) {
    if (fs::is_regular_file(folder / name)) return folder / name;
    if (folder == folder.parent_path()) return std::nullopt;
  }
}

void make_directory(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw Error(Exit::refused, {path.string()}, "cannot be made: " + error.message());
}

AtomicFile::AtomicFile(fs::path path, unsigned mode)
    : path_(std::move(path)), temporary_(path_.string() + ".tmp" + std::to_string(getpid())) {
  descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail("cannot be written");
  if (mode != 0644 && fchmod(descriptor_, mode) != 0) fail("cannot be given its permissions");
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) {
    close(descriptor_);
    unlink(temporary_.c_str());
  }
}

void AtomicFile::fail(const char* doing) const {
  throw Error(Exit::refused, {path_.string()}, std::string(doing) + ": " + std::strerror(errno),
              "free some space or choose a folder that can be written");
}

void AtomicFile::write(const void* data, size_t bytes) {
  const char* at = static_cast<const char*>(data);
  position_ += bytes;
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor_, at, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot be written");
    at += written;
    bytes -= static_cast<size_t>(written);
  }
}

void AtomicFile::flush() {
  if (fsync(descriptor_) != 0) fail("cannot be flushed");
}

void AtomicFile::commit() {
  flush();
  if (rename(temporary_.c_str(), path_.c_str()) != 0) fail("cannot be renamed into place");
  close(descriptor_);
  descriptor_ = -1;
}

}  // namespace octavo::base
