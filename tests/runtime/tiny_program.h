// A compiled model by hand, as emitted code would be: y = relu(table[ids] W^T + b), ids int64[B,S], y float[B,S,20].
// And the weights file that goes with it, written as the format page says.
#pragma once

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "runtime/hash.h"
#include "runtime/kernels/embedding_sum/embedding_sum.h"
#include "runtime/kernels/linear_s8/pack.h"
#include "runtime/kernels/quantize_rows/quantize_rows.h"
#include "runtime/model.h"
#include "runtime/weights_format.h"
#include "tests/runtime/support.h"

namespace octavo::testing {

inline constexpr int64_t kVocabulary = 30, kWidth = 12, kOutputs = 20;
inline constexpr uint64_t kBuildId = 0x1234567890abcdef;

using Sections = std::vector<std::pair<std::string, std::vector<std::byte>>>;

template <typename T>
std::vector<std::byte> bytes_of(const std::vector<T>& v) {
  std::vector<std::byte> b(v.size() * sizeof(T));
  if (!v.empty()) std::memcpy(b.data(), v.data(), b.size());
  return b;
}

inline std::vector<std::byte> weights_file(const Sections& sections, uint64_t build_id = kBuildId) {
  FileHeader h{};
  std::memcpy(h.magic, kWeightsMagic, sizeof h.magic);
  h.version = kWeightsVersion;
  h.endian = kWeightsEndian;
  h.build_id = build_id;
  h.section_count = static_cast<uint32_t>(sections.size());
  std::vector<SectionEntry> entries;
  std::string names;
  const uint64_t names_at = sizeof h + sections.size() * sizeof(SectionEntry);
  for (const auto& [name, bytes] : sections) {
    entries.push_back({names_at + names.size(), name.size(), 0, bytes.size(), xxh64(bytes.data(), bytes.size())});
    names += name;
  }
  h.header_bytes = names_at + names.size();
  uint64_t end = h.header_bytes;
  for (SectionEntry& e : entries) {
    e.offset = (end + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment;
    end = e.offset + e.bytes;
  }
  h.file_bytes = end;
  std::vector<std::byte> file(end);
  std::memcpy(file.data(), &h, sizeof h);
  if (!entries.empty()) std::memcpy(file.data() + sizeof h, entries.data(), entries.size() * sizeof(SectionEntry));
  std::memcpy(file.data() + names_at, names.data(), names.size());
  for (size_t i = 0; i < sections.size(); ++i)
    if (!sections[i].second.empty())
      std::memcpy(file.data() + entries[i].offset, sections[i].second.data(), sections[i].second.size());
  h.header_hash = xxh64(file.data(), h.header_bytes);
  std::memcpy(file.data(), &h, sizeof h);
  return file;
}

// Puts the checksum of the header right again after a test has changed it.
inline void seal_header(std::vector<std::byte>& file) {
  FileHeader h;
  std::memcpy(&h, file.data(), sizeof h);
  h.header_hash = 0;
  std::memcpy(file.data(), &h, sizeof h);
  h.header_hash = xxh64(file.data(), h.header_bytes);
  std::memcpy(file.data(), &h, sizeof h);
}

inline std::vector<float> tiny_table() { return Random(1).normal(kVocabulary * kWidth); }

inline std::vector<std::byte> tiny_weights(uint64_t build_id = kBuildId) {
  const auto w = Random(2).normal(kOutputs * kWidth);
  const PackedS8Data p = pack_linear_s8(w.data(), w.data(), kOutputs, kWidth);
  return weights_file({{"table", bytes_of(tiny_table())},
                       {"dense.panels", bytes_of(p.panels)},
                       {"dense.offset", bytes_of(p.offset)},
                       {"dense.scale", bytes_of(p.scale)},
                       {"dense.bias", bytes_of(p.bias)}},
                      build_id);
}

// A file that goes away with the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::vector<std::byte>& bytes) {
    static int counter = 0;
    path_ = (std::filesystem::temp_directory_path() /
             ("octavo_runtime_test_" + std::to_string(::getpid()) + "_" + std::to_string(counter++)))
                .string();
    write(bytes);
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  void write(const std::vector<std::byte>& bytes) {
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline void run_tiny(const Call& call) {
  const int64_t B = call.dims[0], S = call.dims[1], rows = B * S;
  auto* x = call.scratch<float>(0);
  auto* scale = call.scratch<float>(round_up(rows * kWidth * 4, 64));
  auto* q = call.scratch<uint8_t>(round_up(rows * kWidth * 4, 64) + round_up(rows * 4, 64));
  EmbeddingTerm term;
  term.ids = call.input<int64_t>(0);
  term.outer_stride = S;
  term.table = call.section<float>(0);
  term.rows = kVocabulary;
  term.name = "ids";
  embedding_sum(Step(call.context, 0), B, S, kWidth, &term, 1, x);
  call.observe("embedding", "embedding_sum", contiguous(x, {B, S, kWidth}));
  quantize_rows(Step(call.context, 1), rows, kWidth, x, kWidth, q, scale);
  const PackedS8 dense = {call.section<int8_t>(1),
                          call.section<int32_t>(2),
                          call.section<float>(3),
                          call.section<float>(4),
                          kOutputs,
                          kWidth};
  linear_s8(Step(call.context, 2), rows, q, scale, dense, Activation::relu, call.output<float>(0), kOutputs);
  call.observe("dense", "linear_s8", contiguous(call.output<float>(0), {B, S, kOutputs}));
}

inline const Program& tiny_program() {
  static constexpr const char* kDims[] = {"B", "S"};
  static constexpr DimSpec kIds[] = {{.name = 0, .size = 0}, {.name = 1, .size = 0}};
  static const InputSpec kInputs[] = {{"ids", DType::i64, kIds}};
  static const OutputSpec kOutput[] = {{"y", DType::f32, 3, "B, S, 20", [](const int64_t* d, int64_t* shape) {
                                          shape[0] = d[0];
                                          shape[1] = d[1];
                                          shape[2] = kOutputs;
                                        }}};
  static const Requirement kRequirements[] = {
      {"S <= 9", "position table (tiny.cpp:3)", [](const int64_t* d) { return d[1] <= 9; }}};
  static const SectionSpec kSections[] = {{"table", 4 * kVocabulary * kWidth},
                                          {"dense.panels", 32 * kWidth},
                                          {"dense.offset", 4 * 32},
                                          {"dense.scale", 4 * 32},
                                          {"dense.bias", 4 * 32}};
  static constexpr StepSpec kSteps[] = {{"tiny.cpp:7", "embedding", "embedding_sum"},
                                        {"tiny.cpp:8", "", "quantize_rows"},
                                        {"tiny.cpp:8", "dense", "linear_s8"}};
  static const Program program = {.name = "tiny",
                                  .build_id = kBuildId,
                                  .dims = kDims,
                                  .inputs = kInputs,
                                  .outputs = kOutput,
                                  .requirements = kRequirements,
                                  .sections = kSections,
                                  .steps = kSteps,
                                  .arena_bytes =
                                      [](const int64_t* d, int) {
                                        const int64_t rows = d[0] * d[1];
                                        return round_up(rows * kWidth * 4, 64) + round_up(rows * 4, 64) + rows * kWidth;
                                      },
                                  .run = run_tiny};
  return program;
}

}  // namespace octavo::testing
