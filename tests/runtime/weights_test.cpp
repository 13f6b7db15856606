#include "runtime/weights.h"

#include "runtime/error.h"
#include "tests/runtime/tiny_program.h"

namespace octavo::testing {
namespace {

std::string refusal(const std::vector<std::byte>& file, uint64_t build_id = kBuildId) {
  try {
    read_sections(file, build_id, "x.weights");
  } catch (const Error& e) {
    EXPECT_EQ(e.status, Status::bad_weights);
    return e.what();
  }
  return "accepted";
}

template <typename Change>
std::vector<std::byte> with_header(Change change) {
  auto file = tiny_weights();
  FileHeader h;
  std::memcpy(&h, file.data(), sizeof h);
  change(h);
  std::memcpy(file.data(), &h, sizeof h);
  return file;
}

template <typename Change>
std::vector<std::byte> with_entry(size_t index, Change change) {
  auto file = tiny_weights();
  SectionEntry e;
  std::byte* at = file.data() + sizeof(FileHeader) + index * sizeof e;
  std::memcpy(&e, at, sizeof e);
  change(e);
  std::memcpy(at, &e, sizeof e);
  seal_header(file);
  return file;
}

TEST(Weights, ReadsWhatWasWritten) {
  const TemporaryFile file(tiny_weights());
  const Weights w(file.path(), kBuildId);
  ASSERT_EQ(w.sections().size(), 5u);
  const auto table = w.section("table", 4 * kVocabulary * kWidth);
  EXPECT_EQ(std::memcmp(table.data(), tiny_table().data(), table.size()), 0);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(table.data()) % kSectionAlignment, 0u);
  EXPECT_THROW(static_cast<void>(w.section("table", 3)), Error);
  EXPECT_THROW(static_cast<void>(w.section("tabl", 4)), Error);
}

TEST(Weights, EmptySectionsAndNoSections) {
  EXPECT_EQ(refusal(weights_file({})), "accepted");
  EXPECT_EQ(refusal(weights_file({{"a", {}}, {"b", std::vector<std::byte>(3)}, {"", {}}})), "accepted");
}

TEST(Weights, SaysWhatIsWrong) {
  EXPECT_NE(refusal({}).find("too short"), std::string::npos);
  EXPECT_NE(refusal(std::vector<std::byte>(64)).find("not an Octavo weights file"), std::string::npos);
  EXPECT_NE(refusal(tiny_weights(), 7).find("another build"), std::string::npos);
  EXPECT_NE(refusal(with_header([](FileHeader& h) { h.version = 2; })).find("version 2"), std::string::npos);
  EXPECT_NE(refusal(with_header([](FileHeader& h) { h.endian = 0x04030201; })).find("byte order"), std::string::npos);
  EXPECT_NE(refusal(with_header([](FileHeader& h) { h.file_bytes += 1; })).find("cut short"), std::string::npos);
  EXPECT_NE(refusal(with_header([](FileHeader& h) { h.header_hash ^= 1; })).find("damaged"), std::string::npos);
  auto longer = tiny_weights();
  longer.push_back(std::byte{0});
  EXPECT_NE(refusal(longer).find("should be"), std::string::npos);
}

// With a right checksum over wrong numbers: every sum that could overflow.
TEST(Weights, OffsetsThatLeaveTheFileAreRefused) {
  for (uint64_t huge : {uint64_t{1} << 40, UINT64_MAX, UINT64_MAX - 63, uint64_t{1} << 63}) {
    EXPECT_NE(refusal(with_entry(1, [&](SectionEntry& e) { e.offset = huge; })), "accepted");
    EXPECT_NE(refusal(with_entry(1, [&](SectionEntry& e) { e.bytes = huge; })), "accepted");
    EXPECT_NE(refusal(with_entry(1, [&](SectionEntry& e) { e.name_offset = huge; })), "accepted");
    EXPECT_NE(refusal(with_entry(1, [&](SectionEntry& e) { e.name_bytes = huge; })), "accepted");
    EXPECT_NE(refusal(with_header([&](FileHeader& h) { h.header_bytes = huge; })), "accepted");
  }
  auto many = with_header([](FileHeader& h) { h.section_count = UINT32_MAX; });
  seal_header(many);
  EXPECT_NE(refusal(many).find("section table"), std::string::npos);
  EXPECT_NE(refusal(with_entry(2, [](SectionEntry& e) { e.offset += 64; })), "accepted");
  EXPECT_NE(refusal(with_entry(2, [](SectionEntry& e) { e.offset -= 64; })), "accepted");
}

TEST(Weights, EveryByteCounts) {
  const auto good = tiny_weights();
  auto file = good;
  for (size_t i = 0; i < file.size(); ++i)
    for (int bit : {0, 7}) {
      file[i] ^= std::byte{1} << bit;
      ASSERT_NE(refusal(file), "accepted") << "byte " << i;
      file[i] = good[i];
    }
  EXPECT_EQ(refusal(file), "accepted");
}

TEST(Weights, EveryTruncationIsRefused) {
  const auto good = tiny_weights();
  for (size_t n = 0; n < good.size(); n += 1 + n / 97)
    ASSERT_NE(refusal({good.begin(), good.begin() + static_cast<ptrdiff_t>(n)}), "accepted") << n;
}

// Thousands of random edits, half of them with the header's checksum put right, so that the checks behind it are reached.
TEST(Weights, RandomDamageNeverGoesUnseen) {
  Random random(5);
  const auto good = tiny_weights();
  for (int round = 0; round < 6000; ++round) {
    auto file = good;
    const bool seal = round % 2 == 0;
    const auto limit =
        seal ? static_cast<int64_t>(sizeof(FileHeader) + 5 * sizeof(SectionEntry)) : static_cast<int64_t>(good.size());
    for (int64_t edits = random.integer(1, 4); edits > 0; --edits)
      file[static_cast<size_t>(random.integer(0, limit - 1))] = static_cast<std::byte>(random.integer(0, 255));
    if (random.integer(0, 9) == 0)
      file.resize(static_cast<size_t>(random.integer(64, static_cast<int64_t>(good.size()))));
    if (seal) {
      FileHeader h;
      std::memcpy(&h, file.data(), sizeof h);
      if (h.header_bytes <= file.size()) seal_header(file);
    }
    if (file == good) continue;
    const std::string what = refusal(file);
    // Unused fields and swapped names may change without harm once the checksum is put right; nothing else may.
    if (what == "accepted") {
      ASSERT_TRUE(seal) << round;
      for (const auto& s : read_sections(file, kBuildId, "x"))
        ASSERT_GE(file.size(), static_cast<size_t>(s.bytes.data() - file.data()) + s.bytes.size());
    }
  }
}

TEST(Weights, AFileThatIsNotThereOrNotAFile) {
  for (const char* path : {"/nonexistent/octavo.weights", "/", "/dev/null"})
    EXPECT_THROW(Weights(path, 1), Error) << path;
  const TemporaryFile empty({});
  EXPECT_THROW(Weights(empty.path(), kBuildId), Error);
}

TEST(Weights, CanBeMoved) {
  const TemporaryFile file(tiny_weights());
  Weights a(file.path(), kBuildId);
  Weights b(std::move(a));
  Weights c;
  c = std::move(b);
  EXPECT_EQ(c.sections().size(), 5u);
  EXPECT_EQ(xxh64(c.sections()[0].bytes.data(), 4), xxh64(tiny_table().data(), 4));
}

}  // namespace
}  // namespace octavo::testing
