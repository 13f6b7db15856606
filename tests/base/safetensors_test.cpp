#include "base/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <random>

#include "base/error.h"
#include "base/files.h"

namespace octavo::base {
namespace {

namespace fs = std::filesystem;

std::string file_of(std::string header, size_t data_bytes) {
  const uint64_t size = header.size();
  std::string bytes(reinterpret_cast<const char*>(&size), 8);
  return bytes + header + std::string(data_bytes, '\0');
}

class SafetensorsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / "octavo_safetensors_test";
    fs::remove_all(folder_);
    make_directory(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string problem(const std::string& bytes) const {
    write_file(folder_ / "f.safetensors", bytes);
    try {
      (void)Safetensors::open(folder_ / "f.safetensors");
    } catch (const Error& error) {
      EXPECT_EQ(error.exit, Exit::refused);
      return error.cause;
    }
    return "no error";
  }
  void refused(const std::string& header, size_t data_bytes, const std::string& why) const {
    const std::string cause = problem(file_of(header, data_bytes));
    EXPECT_NE(cause.find(why), std::string::npos) << header << "\n" << cause;
  }
  fs::path folder_;
};

TEST_F(SafetensorsTest, RoundTrip) {
  const std::vector<float> weight = {1.5f, -2.0f, 0.0f, 3.25f, 1e-30f, -0.0f};
  const int64_t scalar = 42;
  write_safetensors(
      folder_ / "m.safetensors",
      {{"w", {"F32", {2, 3}}, weight.data()}, {"n", {"I64", {}}, &scalar}, {"none", {"F32", {0, 4}}, nullptr}},
      {{"format", "pt"}});
  const Safetensors file = Safetensors::open(folder_ / "m.safetensors");
  EXPECT_EQ(file.tensors().size(), 3u);
  EXPECT_EQ(file.floats("w"), weight);
  EXPECT_EQ(std::memcmp(file.bytes("n").data(), &scalar, 8), 0);
  EXPECT_TRUE(file.bytes("none").empty());
  EXPECT_EQ(file.metadata().at("format"), "pt");
  EXPECT_THROW((void)file.bytes("absent"), Error);
  EXPECT_THROW((void)file.floats("n"), Error);
}

TEST_F(SafetensorsTest, HalfAndBrainFloatsAreExact) {
  const uint16_t halves[] = {0x3c00, 0xc000, 0x0001, 0x7bff, 0x8000, 0x7c00};
  const uint16_t brains[] = {0x3f80, 0xc000, 0x0001};
  write_safetensors(folder_ / "m.safetensors", {{"h", {"F16", {6}}, halves}, {"b", {"BF16", {3}}, brains}});
  const Safetensors file = Safetensors::open(folder_ / "m.safetensors");
  EXPECT_EQ(file.floats("h"), (std::vector<float>{1.0f, -2.0f, 0x1p-24f, 65504.0f, -0.0f, INFINITY}));
  EXPECT_EQ(file.floats("b"), (std::vector<float>{1.0f, -2.0f, 0x1p-133f}));
}

TEST_F(SafetensorsTest, MaliciousHeadersAreRefused) {
  EXPECT_NE(problem("abc").find("shorter than 8"), std::string::npos);
  EXPECT_NE(problem(std::string(8, '\xff')).find("claims"), std::string::npos);
  EXPECT_NE(problem(file_of("{}", 0).substr(0, 9)).find("claims"), std::string::npos);
  refused("[]", 0, "does not start with");
  refused("{\"a\":", 0, "not JSON");
  refused(
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
      8, "named twice");
  refused(
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
      4, "overlaps");
  refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8, "hole");
  refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}})", 8, "ends before");
  refused(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})", 8, "truncated");
  refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4, "spans 4 bytes where its shape needs 8");
  refused(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", 0, "overflows");
  refused(R"({"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}})", 4, "unknown dtype 'F33'");
  refused(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, "negative");
  refused(R"({"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})", 4, "no integer");
  refused(R"({"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}})", 4, "no integer");
  refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}})", 4, "two offsets");
  refused(R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4, "needs dtype");
  refused(R"({"a":{"dtype":"F32","shape":{"x":1},"data_offsets":[0,4]}})", 4, "nested too deeply");
  refused(R"({"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})", 4, "a list where none belongs");
  refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 12, "follow the last tensor");
  refused(R"({"a":3})", 0, "a number where none belongs");
}

TEST_F(SafetensorsTest, ShardsMayNotLeaveTheirFolder) {
  const float one = 1;
  write_safetensors(folder_ / "model-1.safetensors", {{"a", {"F32", {1}}, &one}});
  write_file(folder_ / "model.safetensors.index.json", R"({"weight_map": {"a": "model-1.safetensors"}})");
  EXPECT_EQ(Safetensors::open(folder_).floats("a"), std::vector<float>{1});
  write_file(folder_ / "model.safetensors.index.json", R"({"weight_map": {"a": "../model-1.safetensors"}})");
  EXPECT_THROW((void)Safetensors::open(folder_), Error);
  write_file(folder_ / "model.safetensors.index.json",
             R"({"weight_map": {"a": "model-1.safetensors", "b": "model-1.safetensors"}})");
  EXPECT_THROW((void)Safetensors::open(folder_), Error);
  write_file(folder_ / "model.safetensors.index.json", R"({"weight_map": {"a": "model-2.safetensors"}})");
  EXPECT_THROW((void)Safetensors::open(folder_), Error);
}

// Random damage: every outcome is a sound file or an Error, never a crash (the asan preset looks closer).
TEST_F(SafetensorsTest, RandomDamageNeverCrashes) {
  const std::vector<float> data(16, 1.0f);
  write_safetensors(folder_ / "m.safetensors", {{"a", {"F32", {2, 4}}, data.data()}, {"b", {"F32", {8}}, data.data()}});
  const std::string sound = read_file(folder_ / "m.safetensors");
  std::mt19937 random(7);
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = sound;
    for (unsigned edits = 1 + random() % 4; edits > 0; --edits) bytes[random() % 160] = static_cast<char>(random());
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    uint64_t header = 0;
    if (bytes.size() < 8) continue;
    std::memcpy(&header, bytes.data(), 8);
    if (header > bytes.size() - 8) continue;  // covered above; here the JSON is what is damaged
    try {
      (void)parse_safetensors_header(std::string_view(bytes).substr(8, header), bytes.size() - 8 - header, "f");
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace octavo::base
