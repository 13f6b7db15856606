#include "codegen/observe/options.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace octavo::observe {
namespace {

Options parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "m.observed");
  return {static_cast<int>(arguments.size()), arguments.data()};
}
std::string usage_error(const std::vector<const char*>& arguments) {
  try {
    (void)parse(arguments);
  } catch (const base::Error& error) {
    EXPECT_EQ(error.exit, base::Exit::usage);
    return error.cause + "; " + error.fix;
  }
  return "no error";
}

TEST(Options, ReadFlags) {
  const Options options = parse({"run", "--input", "a:int64[B]", "--input", "b:int64[B]", "--sites", "--threads", "3"});
  EXPECT_EQ(options.command(), "run");
  EXPECT_EQ(options.all("--input").size(), 2U);
  EXPECT_TRUE(options.has("--sites"));
  EXPECT_EQ(options.integer_or("--threads", 1, 1, 8), 3);
  EXPECT_EQ(options.integer_or("--runs", 7, 1, 8), 7);
  EXPECT_THROW((void)options.required("--outputs"), base::Error);
  EXPECT_THROW((void)options.integer_or("--threads", 1, 4, 8), base::Error);
}

TEST(Options, RefuseWhatTheyDoNotKnow) {
  EXPECT_EQ(usage_error({"trase"}), "unknown subcommand 'trase'; did you mean trace?");
  EXPECT_EQ(usage_error({"trace", "--grahp", "x"}), "trace: unknown option '--grahp'; did you mean --graph?");
  EXPECT_EQ(usage_error({"trace", "--graph"}), "option --graph lacks its value; ");
  EXPECT_EQ(usage_error({"trace", "--graph", "a", "--graph", "b"}), "option --graph is given twice; ");
  EXPECT_NE(usage_error({"bench", "--sites"}).find("unknown option"), std::string::npos);
  EXPECT_NE(usage_error({}).find("no subcommand"), std::string::npos);
}

}  // namespace
}  // namespace octavo::observe
