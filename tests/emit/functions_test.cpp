#include "codegen/emit/functions.h"

#include <gtest/gtest.h>

namespace octavo::emit {
namespace {

// Steps that each read what the one before wrote; every name in `paths` is one module call.
struct Chain {
  std::vector<Step> steps;
  std::vector<Buffer> buffers;
};

Chain chain(const std::vector<std::string>& paths) {
  Chain result;
  result.buffers.push_back({.home = Buffer::Home::input, .index = 0, .name = "x", .type = "float"});
  for (size_t i = 0; i < paths.size(); ++i) {
    const std::string name = "v" + std::to_string(i);
    result.buffers.push_back({.index = static_cast<int>(i % 2), .name = name, .type = "float"});
    const std::string call = "  f(" + result.buffers[i].name + ", " + name + ", B);";
    result.steps.push_back({.comment = paths[i].empty() ? "op" : paths[i],
                            .path = paths[i],
                            .lines = {call},
                            .reads = {static_cast<int>(i)},
                            .writes = {static_cast<int>(i) + 1}});
  }
  return result;
}

std::vector<std::string> names(const std::vector<std::string>& paths) {
  const Chain steps = chain(paths);
  std::vector<std::string> result;
  for (const Function& function : functions(steps.steps, steps.buffers, {"B", "S"})) result.push_back(function.name);
  return result;
}

TEST(Functions, AShortProgramIsOne) { EXPECT_EQ(names({"a.0.x", "a.1.x"}), std::vector<std::string>{"forward"}); }

TEST(Functions, BlocksFollowTheModulePaths) {
  std::vector<std::string> paths = {"", "embeddings.word"};
  for (int layer = 0; layer < 3; ++layer) {
    for (int i = 0; i < 9; ++i) {
      paths.push_back(i % 3 == 2 ? "" : "layer." + std::to_string(layer) + ".part" + std::to_string(i));
    }
  }
  paths.emplace_back("pooler.dense");
  EXPECT_EQ(names(paths), (std::vector<std::string>{"embeddings", "layer_0", "layer_1", "layer_2", "pooler"}));
}

TEST(Functions, AModuleThatIsCalledAgainBeginsANewFunction) {
  std::vector<std::string> paths;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 9; ++i) paths.push_back("shared.0.part" + std::to_string(i));
  }
  EXPECT_EQ(names(paths), (std::vector<std::string>{"shared_0", "shared_0_2", "shared_0_3"}));
}

TEST(Functions, DeclaresWhatItUsesAndNoMore) {
  const Chain two = chain({"a", "b"});
  const std::vector<std::string> lines = functions(two.steps, two.buffers, {"B", "S"})[0].lines;
  EXPECT_EQ(lines, (std::vector<std::string>{"  const int64_t B = run.B;",
                                             "  const float* const x = run.call.input<float>(0);", "", "  // a",
                                             "  float* const v0 = run.slot<float>(0);", "  f(x, v0, B);", "", "  // b",
                                             "  float* const v1 = run.slot<float>(1);", "  f(v0, v1, B);"}));
}

}  // namespace
}  // namespace octavo::emit
