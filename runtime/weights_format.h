// NAME.weights, byte for byte. Little-endian. Written by codegen/emit, read by runtime/weights.h.
//
//   FileHeader | SectionEntry[section_count] | names (no terminators) | sections, each aligned to
//   kSectionAlignment
//
// One layout only: the first section starts at round_up(header_bytes, kSectionAlignment), each next one at the next multiple
// after the end of the one before, the gaps are zero, and the file ends with the last section. header_hash covers bytes
// [0, header_bytes): the header (with header_hash itself taken as 0), the entries and the names.
#pragma once

#include <cstdint>
#include <type_traits>

namespace octavo {

inline constexpr char kWeightsMagic[8] = {'O', 'C', 'T', 'A', 'V', 'O', 'W', '\1'};
inline constexpr uint32_t kWeightsVersion = 1;
inline constexpr uint32_t kWeightsEndian = 0x01020304;  // reads 0x04030201 on the other kind of machine
inline constexpr uint64_t kSectionAlignment = 64;

struct FileHeader {
  char magic[8];
  uint32_t version;
  uint32_t endian;
  uint64_t build_id;  // equals Program::build_id of the code it belongs to
  uint64_t file_bytes;
  uint64_t header_bytes;  // end of the names
  uint32_t section_count;
  uint32_t reserved;     // 0
  uint64_t header_hash;  // xxh64 of [0, header_bytes) with this field 0
  uint64_t reserved2;    // 0
};

struct SectionEntry {
  uint64_t name_offset;  // from the start of the file, inside the names
  uint64_t name_bytes;
  uint64_t offset;  // from the start of the file; a multiple of kSectionAlignment
  uint64_t bytes;
  uint64_t hash;  // xxh64 of the section
};

static_assert(sizeof(FileHeader) == 64 && std::is_trivially_copyable_v<FileHeader>);
static_assert(sizeof(SectionEntry) == 40 && std::is_trivially_copyable_v<SectionEntry>);

}  // namespace octavo
