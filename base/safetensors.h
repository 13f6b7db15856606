// Reads and writes safetensors files. The reader takes files nobody vouches for: every length and offset is
// checked before it is used, and a malformed file is an Error (refused) naming the file, the tensor and what
// is wrong.
//
// Format: u64 little-endian header length, a JSON object {"name": {"dtype", "shape", "data_offsets": [begin,
// end]}}, then the bytes. Offsets are sorted, contiguous and cover the rest of the file exactly.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace octavo::base {

struct TensorInfo {
  std::string dtype;  // as in the file: F32, F16, BF16, F64, I64, I32, I16, I8, U8, BOOL
  std::vector<int64_t> shape;
  [[nodiscard]] int64_t elements() const;
};

// Size of one element in bytes; 0 for a dtype the format does not know.
[[nodiscard]] int64_t safetensors_dtype_size(const std::string& dtype);

// One file, or the shards of an index file, mapped read-only.
class Safetensors {
 public:
  // `path` is a .safetensors file, a .safetensors.index.json, or a folder that holds model.safetensors or its
  // index.
  [[nodiscard]] static Safetensors open(const std::filesystem::path& path);

  [[nodiscard]] const std::map<std::string, TensorInfo>& tensors() const { return infos_; }
  [[nodiscard]] bool contains(const std::string& name) const { return infos_.contains(name); }
  // The tensor's bytes, in the mapping, at any alignment. Throws Error (refused) for an unknown name.
  [[nodiscard]] std::span<const std::byte> bytes(const std::string& name) const;
  // F32, F16 and BF16 as floats (exact conversions), F64 rounded. Throws Error (refused) for other dtypes.
  [[nodiscard]] std::vector<float> floats(const std::string& name) const;
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return metadata_; }
  // Size of all files in bytes.
  [[nodiscard]] uint64_t file_bytes() const { return file_bytes_; }

 private:
  class Mapping;
  std::filesystem::path path_;
  std::vector<std::shared_ptr<Mapping>> mappings_;
  std::map<std::string, TensorInfo> infos_;
  std::map<std::string, std::span<const std::byte>> spans_;
  std::map<std::string, std::string> metadata_;
  uint64_t file_bytes_ = 0;

  void add_file(const std::filesystem::path& path);
  void add_index(const std::filesystem::path& path);
};

// A parsed header: what the JSON says, with offsets relative to the end of the header, all checks done.
struct SafetensorsHeader {
  struct Entry {
    std::string name;
    TensorInfo info;
    uint64_t begin = 0, end = 0;
  };
  std::vector<Entry> entries;  // by offset
  std::map<std::string, std::string> metadata;
};
// `file` names the file in errors; `data_bytes` is what follows the header.
[[nodiscard]] SafetensorsHeader parse_safetensors_header(std::string_view json, uint64_t data_bytes,
                                                         const std::string& file);

struct TensorToWrite {
  std::string name;
  TensorInfo info;
  const void* data;
};
// Writes atomically; the bytes start at a multiple of 64. Same tensors, same bytes.
void write_safetensors(const std::filesystem::path& path, const std::vector<TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace octavo::base
