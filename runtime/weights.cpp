#include "runtime/weights.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/error.h"
#include "runtime/hash.h"
#include "runtime/weights_format.h"

namespace octavo {
namespace {

// Reads one file's bytes with every offset checked against what is there. Subtractions only: no sum can overflow.
struct Reader {
  std::span<const std::byte> file;
  const std::string& path;

  [[noreturn]] void refuse(const std::string& what) const { throw Error(Status::bad_weights, path + ": " + what); }

  std::span<const std::byte> slice(uint64_t offset, uint64_t bytes, uint64_t limit, const char* what) const {
    if (offset > limit || bytes > limit - offset) refuse(std::string(what) + " lies outside the file; it is damaged");
    return file.subspan(offset, bytes);
  }

  FileHeader header(uint64_t build_id) const {
    FileHeader h;
    if (file.size() < sizeof h) refuse("too short for a weights file (" + std::to_string(file.size()) + " bytes)");
    std::memcpy(&h, file.data(), sizeof h);
    if (std::memcmp(h.magic, kWeightsMagic, sizeof h.magic) != 0) refuse("not an Octavo weights file");
    if (h.endian == __builtin_bswap32(kWeightsEndian)) refuse("written for the other byte order");
    if (h.version != kWeightsVersion)
      refuse("format version " + std::to_string(h.version) + "; this runtime reads version " +
             std::to_string(kWeightsVersion));
    if (h.file_bytes != file.size())
      refuse("is " + std::to_string(file.size()) + " bytes long and should be " + std::to_string(h.file_bytes) +
             "; it was cut short or damaged");
    check_header_hash(h);
    if (h.build_id != build_id)
      refuse("belongs to another build of the model; use the weights written beside the code");
    return h;
  }

  void check_header_hash(const FileHeader& h) const {
    if (h.header_bytes < sizeof h || h.header_bytes > file.size() || h.endian != kWeightsEndian)
      refuse("the header is damaged");
    std::vector<std::byte> bytes(file.begin(), file.begin() + static_cast<ptrdiff_t>(h.header_bytes));
    std::memset(bytes.data() + offsetof(FileHeader, header_hash), 0, sizeof h.header_hash);
    if (xxh64(bytes.data(), bytes.size()) != h.header_hash) refuse("the header is damaged (checksum)");
    if (h.section_count > (h.header_bytes - sizeof h) / sizeof(SectionEntry)) refuse("the section table is damaged");
  }

  // *end is where what was read so far ends, and moves past this section.
  Weights::Section section(const FileHeader& h, uint32_t index, uint64_t* end) const {
    SectionEntry e;
    std::memcpy(&e, file.data() + sizeof(FileHeader) + index * sizeof e, sizeof e);
    const auto name = slice(e.name_offset, e.name_bytes, h.header_bytes, "a section name");
    const std::string_view text(reinterpret_cast<const char*>(name.data()), name.size());
    const auto bytes = slice(e.offset, e.bytes, file.size(), "a section");
    const uint64_t expected = (*end + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment;
    if (e.offset != expected) refuse("section '" + std::string(text) + "' is not where it should be");
    for (uint64_t i = *end; i < e.offset; ++i)
      if (file[i] != std::byte{0}) refuse("the gap before section '" + std::string(text) + "' is damaged");
    *end = e.offset + e.bytes;
    if (xxh64(bytes.data(), bytes.size()) != e.hash)
      refuse("section '" + std::string(text) + "' is damaged (checksum)");
    return {text, bytes};
  }
};

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

std::vector<Weights::Section> read_sections(std::span<const std::byte> file, uint64_t build_id,
                                            const std::string& path) {
  const Reader reader{file, path};
  const FileHeader h = reader.header(build_id);
  std::vector<Weights::Section> sections;
  sections.reserve(h.section_count);
  uint64_t end = h.header_bytes;
  for (uint32_t i = 0; i < h.section_count; ++i) sections.push_back(reader.section(h, i, &end));
  if (end != file.size()) reader.refuse("has bytes after its last section");
  return sections;
}

Weights::Weights(const std::string& path, uint64_t build_id) : path_(path) {
  const auto refuse = [&](const char* what) {
    throw Error(Status::bad_weights, path + ": " + what + ": " + std::strerror(errno));
  };
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) refuse("cannot be opened");
  struct stat info{};
  if (::fstat(file.fd, &info) != 0) refuse("cannot be read");
  if (!S_ISREG(info.st_mode)) throw Error(Status::bad_weights, path + ": not a regular file");
  size_ = static_cast<size_t>(info.st_size);
  if (size_ == 0) throw Error(Status::bad_weights, path + ": the file is empty");
  void* map = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file.fd, 0);
  if (map == MAP_FAILED) refuse("cannot be mapped");
  data_ = static_cast<const std::byte*>(map);
  ::madvise(map, size_, MADV_WILLNEED);
  try {
    sections_ = read_sections({data_, size_}, build_id, path);
  } catch (...) {
    ::munmap(map, size_);
    throw;
  }
}

Weights::~Weights() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

Weights::Weights(Weights&& other) noexcept { *this = std::move(other); }

Weights& Weights::operator=(Weights&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(sections_, other.sections_);
  return *this;
}

std::span<const std::byte> Weights::section(std::string_view name, uint64_t bytes) const {
  for (const Section& s : sections_) {
    if (s.name != name) continue;
    if (s.bytes.size() == bytes) return s.bytes;
    throw Error(Status::bad_weights, path_ + ": section '" + std::string(name) + "' has " +
                                         std::to_string(s.bytes.size()) + " bytes, the code expects " +
                                         std::to_string(bytes));
  }
  throw Error(Status::bad_weights, path_ + ": section '" + std::string(name) + "' is missing");
}

}  // namespace octavo
