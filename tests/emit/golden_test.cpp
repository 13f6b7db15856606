// The emitted text of one small model, kept to be read. OCTAVO_UPDATE_GOLDEN=1 writes it anew.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/files.h"
#include "tests/emit/fixtures.h"

namespace octavo::emit::test {
namespace {

namespace fs = std::filesystem;

fs::path scratch_folder(const std::string& name) { return fs::path(testing::TempDir()) / ("octavo_emit_" + name); }

void expect_golden(const std::string& file, const std::string& text) {
  const fs::path path = fs::path(GOLDEN_FOLDER) / (file + ".txt");
  if (std::getenv("OCTAVO_UPDATE_GOLDEN") != nullptr) base::write_if_different(path, text);
  EXPECT_EQ(base::read_file(path), text) << path;
}

TEST(Golden, Tiny) {
  const Emitted emitted = emit_fixture(fixture("tiny"), scratch_folder("golden"));
  expect_golden("tiny.h", emitted.header);
  expect_golden("tiny.cpp", emitted.source);
  expect_golden("tiny.report.json", report_json(emitted.report));
}

TEST(Emit, TheSameInputGivesTheSameBytes) {
  for (const Fixture& each : fixtures()) {
    const fs::path one = scratch_folder("one"), two = scratch_folder("two");
    emit_fixture(each, one);
    emit_fixture(each, two);
    for (const char* extension : {".h", ".cpp", ".weights"}) {
      EXPECT_EQ(base::read_file(one / (each.name + extension)), base::read_file(two / (each.name + extension)));
    }
  }
}

TEST(Emit, NoFolderReachesTheText) {
  const fs::path folder = scratch_folder("paths");
  const Emitted emitted = emit_fixture(fixture("tiny"), folder);
  for (const std::string& text : {emitted.header, emitted.source}) {
    EXPECT_EQ(text.find(folder.string()), std::string::npos);
    EXPECT_EQ(text.find("models/"), std::string::npos);
  }
}

TEST(Emit, AnotherGraphIsAnotherBuild) {
  const fs::path folder = scratch_folder("builds");
  Fixture changed = fixture("tiny");
  const Emitted first = emit_fixture(changed, folder);
  changed.graph.replace(changed.graph.find("scalar = 0.5"), 12, "scalar = 0.6");
  EXPECT_NE(emit_fixture(changed, folder).report.build_id, first.report.build_id);
}

}  // namespace
}  // namespace octavo::emit::test
