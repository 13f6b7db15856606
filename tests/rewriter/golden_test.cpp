// Whole files: golden/NAME.before.cpp becomes golden/NAME.after.cpp, with golden/NAME.remarks.txt.
#include <cstdlib>
#include <filesystem>

#include "base/files.h"
#include "fixture.h"

namespace octavo::rewriter {
namespace {

namespace fs = std::filesystem;

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, MatchesAndHoldsItsProperties) {
  const fs::path stem = fs::path(GOLDEN_FOLDER) / GetParam();
  const Result result = rewrite_text(base::read_file(stem.string() + ".before.cpp"));
  check_properties(result);
  EXPECT_EQ(result.files[0].rewritten, base::read_file(stem.string() + ".after.cpp"));
  std::string remarks;
  for (const Remark& remark : result.remarks) remarks += text(remark);
  const std::string remarks_file = stem.string() + ".remarks.txt";
  if (std::getenv("OCTAVO_UPDATE_GOLDEN") != nullptr) base::write_if_different(remarks_file, remarks);
  EXPECT_EQ(remarks, base::read_file(remarks_file));
}

INSTANTIATE_TEST_SUITE_P(Files, Golden, testing::Values("attention", "traps"));

}  // namespace
}  // namespace octavo::rewriter
