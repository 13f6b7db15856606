#include "codegen/emit/weights_file.h"

#include <algorithm>
#include <cstring>

#include "runtime/hash.h"
#include "runtime/weights_format.h"

namespace octavo::emit {

namespace {

uint64_t aligned(uint64_t offset) { return (offset + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment; }

}  // namespace

std::string weights_file(const std::vector<Section>& sections, uint64_t build_id) {
  FileHeader header{};
  std::copy(std::begin(kWeightsMagic), std::end(kWeightsMagic), header.magic);
  header.version = kWeightsVersion;
  header.endian = kWeightsEndian;
  header.build_id = build_id;
  header.section_count = static_cast<uint32_t>(sections.size());

  std::vector<SectionEntry> entries;
  std::string names;
  const uint64_t names_begin = sizeof(FileHeader) + sections.size() * sizeof(SectionEntry);
  for (const Section& section : sections) {
    entries.push_back({names_begin + names.size(), section.name.size(), 0, section.bytes.size(),
                       xxh64(section.bytes.data(), section.bytes.size())});
    names += section.name;
  }
  header.header_bytes = names_begin + names.size();
  uint64_t end = header.header_bytes;
  for (SectionEntry& entry : entries) {
    entry.offset = aligned(end);
    end = entry.offset + entry.bytes;
  }
  header.file_bytes = end;

  std::string file(end, '\0');
  const auto put = [&](uint64_t offset, const void* data, size_t bytes) {
    if (bytes > 0) std::memcpy(file.data() + offset, data, bytes);
  };
  put(0, &header, sizeof(header));
  put(sizeof(header), entries.data(), entries.size() * sizeof(SectionEntry));
  put(names_begin, names.data(), names.size());
  header.header_hash = xxh64(file.data(), header.header_bytes);
  put(0, &header, sizeof(header));
  for (size_t i = 0; i < sections.size(); ++i) {
    put(entries[i].offset, sections[i].bytes.data(), sections[i].bytes.size());
  }
  return file;
}

}  // namespace octavo::emit
