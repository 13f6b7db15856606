#include "base/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "base/error.h"

namespace octavo::base {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / "octavo_files_test";
    fs::remove_all(folder_);
    make_directory(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] size_t entries() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  fs::path folder_;
};

TEST_F(Files, RoundTripIncludingZeroBytes) {
  const std::string bytes("a\0b\n\xff", 5);
  write_file(folder_ / "f", bytes);
  EXPECT_EQ(read_file(folder_ / "f"), bytes);
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, UnchangedFilesKeepTheirTime) {
  EXPECT_TRUE(write_if_different(folder_ / "f", "one"));
  const auto old = fs::file_time_type::clock::now() - std::chrono::hours(1);
  fs::last_write_time(folder_ / "f", old);
  EXPECT_FALSE(write_if_different(folder_ / "f", "one"));
  EXPECT_EQ(fs::last_write_time(folder_ / "f"), old);
  EXPECT_TRUE(write_if_different(folder_ / "f", "two"));
  EXPECT_EQ(read_file(folder_ / "f"), "two");
}

TEST_F(Files, FilesAreReplacedTogetherOrNotAtAll) {
  write_file(folder_ / "a", "one");
  write_file(folder_ / "b", "two");
  fs::create_symlink("b", folder_ / "link");
  fs::permissions(folder_ / "a", fs::perms::owner_all);
  EXPECT_THROW(replace_files({{folder_ / "a", "one", "ONE"}, {folder_ / "absent", "", "x"}}), Error);
  EXPECT_THROW(replace_files({{folder_ / "a", "one", "ONE"}, {folder_ / "b", "changed", "TWO"}}), Error);
  EXPECT_EQ(read_file(folder_ / "a"), "one");
  EXPECT_EQ(read_file(folder_ / "b"), "two");
  EXPECT_EQ(entries(), 3u);

  replace_files({{folder_ / "a", "one", "ONE"}, {folder_ / "link", "two", "TWO"}});
  EXPECT_EQ(read_file(folder_ / "a"), "ONE");
  EXPECT_EQ(read_file(folder_ / "b"), "TWO");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(fs::status(folder_ / "a").permissions(), fs::perms::owner_all);
  EXPECT_EQ(entries(), 3u);
}

TEST_F(Files, ReadErrorsNameThePath) {
  try {
    (void)read_file(folder_ / "absent");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit, Exit::refused);
    EXPECT_NE(error.text().find("absent: error: cannot be read: No such file"), std::string::npos) << error.text();
  }
  EXPECT_THROW((void)read_file(folder_), Error);
}

// A disk that fills up is simulated by the file-size limit of this process.
TEST_F(Files, AFullDiskLeavesTheOldFileAndNoRest) {
  write_file(folder_ / "f", "old");
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small{4096, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_THROW(write_file(folder_ / "f", std::string(10000, 'x')), Error);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(read_file(folder_ / "f"), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, AnUncommittedFileLeavesNothing) {
  {
    AtomicFile file(folder_ / "f");
    file.write("half", 4);
    EXPECT_EQ(file.position(), 4u);
  }
  EXPECT_EQ(entries(), 0u);
}

TEST_F(Files, AnUnwritableFolderIsAnError) {
  EXPECT_THROW(write_file(folder_ / "absent" / "f", "x"), Error);
  write_file(folder_ / "file", "x");
  EXPECT_THROW(make_directory(folder_ / "file" / "below"), Error);
}

}  // namespace
}  // namespace octavo::base
