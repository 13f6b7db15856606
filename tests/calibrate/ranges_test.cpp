#include "codegen/calibrate/ranges.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"

namespace octavo::calibrate {
namespace {

std::filesystem::path scratch(const std::string& name) { return std::filesystem::path(::testing::TempDir()) / name; }

Ranges example() {
  return {"bert",
          "min-max",
          3,
          "0123456789abcdef",
          {{"encoder.layer.0.query", {-1.25, 3.5, 96}}, {"head", {0.1F, 0.2F, 1}}}};
}

TEST(Ranges, RoundTripBitForBit) {
  write_ranges(scratch("ranges.json"), example());
  const Ranges read = read_ranges(scratch("ranges.json"));
  EXPECT_EQ(read, example());
  EXPECT_EQ(read.sites.at("encoder.layer.0.query").absmax(), 3.5);
  const std::string first = base::read_file(scratch("ranges.json"));
  write_ranges(scratch("ranges.json"), read);
  EXPECT_EQ(base::read_file(scratch("ranges.json")), first);
}

TEST(Ranges, RefuseBrokenFiles) {
  write_ranges(scratch("good.json"), example());
  const std::string good = base::read_file(scratch("good.json"));
  const auto broken = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    base::write_file(scratch("broken.json"), text);
    try {
      (void)read_ranges(scratch("broken.json"));
    } catch (const base::Error& error) {
      EXPECT_EQ(error.exit, base::Exit::refused);
      EXPECT_EQ(error.place.file, scratch("broken.json").string());
      return error.cause;
    }
    ADD_FAILURE() << from << " -> " << to;
    return std::string();
  };
  EXPECT_NE(broken("\"schema\": 1", "\"schema\": 2").find("schema 2"), std::string::npos);
  EXPECT_NE(broken("-1.25", "7").find("min is above max"), std::string::npos);
  EXPECT_NE(broken("96", "0").find("count"), std::string::npos);
  EXPECT_NE(broken("96", "9.5").find("integer"), std::string::npos);
  EXPECT_NE(broken("3.5", "1e999").find("broken"), 0U);
  EXPECT_NE(broken("\"max\": 3.5,", "").find("lacks 'max'"), std::string::npos);
  EXPECT_NE(broken("\"bert\"", "7").find("not a string"), std::string::npos);
  EXPECT_NE(broken("{", "").find("not JSON"), std::string::npos);
}

TEST(Ranges, RefuseAMissingFile) { EXPECT_THROW((void)read_ranges(scratch("absent.json")), base::Error); }

TEST(Ranges, HashTellsFilesApart) {
  base::write_file(scratch("a"), "one");
  base::write_file(scratch("b"), "two");
  EXPECT_EQ(hash_file(scratch("a")).size(), 16U);
  EXPECT_EQ(hash_file(scratch("a")), hash_file(scratch("a")));
  EXPECT_NE(hash_file(scratch("a")), hash_file(scratch("b")));
}

}  // namespace
}  // namespace octavo::calibrate
