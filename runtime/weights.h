// A weights file, mapped read-only and checked whole when opened: magic, version, byte order, build id, every
// offset and every checksum. Whatever is wrong with the file is an octavo::Error (bad_weights) that says
// what; never a crash. Several processes that open one file share its pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace octavo {

class Weights {
 public:
  Weights() = default;
  // build_id: what the code expects; a file of another build is refused.
  Weights(const std::string& path, uint64_t build_id);
  ~Weights();
  Weights(Weights&& other) noexcept;
  Weights& operator=(Weights&& other) noexcept;

  struct Section {
    std::string_view name;
    std::span<const std::byte> bytes;
  };
  const std::vector<Section>& sections() const { return sections_; }

  // The section of that name and exactly that size, else octavo::Error.
  std::span<const std::byte> section(std::string_view name, uint64_t bytes) const;

  size_t file_bytes() const { return size_; }

 private:
  std::string path_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
  std::vector<Section> sections_;
};

// The same checks over bytes in memory; `path` is for the messages. The sections point into `file`.
std::vector<Weights::Section> read_sections(std::span<const std::byte> file, uint64_t build_id,
                                            const std::string& path);

}  // namespace octavo
