// The typed API and the shared object of an emitted program.
#include <dlfcn.h>

#include <array>

#include "base/files.h"
#include "tests/emit/fixtures.h"
#include "tests/emit/running.h"
#include "tiny.h"

namespace octavo::emit::test {
namespace {

std::string weights() { return std::string(EMITTED_FOLDER) + "/tiny.weights"; }

TEST(TypedApi, RunsAndAgreesWithTheSharedObject) {
  const std::vector<float> tokens = {0.5F, -1, 2, 0.25F, 3, -2, 1, 0.125F};
  const tiny::Model model(weights(), {.threads = 1});
  tiny::Session session(model);
  std::vector<float> output(static_cast<size_t>(tiny::output_elements(1, 1)));
  session.run({.B = 1, .S = 1, .tokens = tokens}, {.output = output});

  void* library = dlopen(EMITTED_TINY, RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << dlerror();
  const auto get_api = reinterpret_cast<decltype(&octavo_get_api)>(dlsym(library, "octavo_get_api"));
  ASSERT_NE(get_api, nullptr);
  {
    Runner runner(get_api(), weights());
    EXPECT_STREQ(get_api()->description->name, "tiny");
    EXPECT_STREQ(get_api()->description->requirements[0], "S <= 6: position table (tiny.cpp:12)");
    auto out = runner.run({Array::of(OCTAVO_F32, {1, 1, 8}, tokens)});
    EXPECT_EQ(out["output"].as<float>(), output);
  }
}

TEST(TypedApi, ABufferOfAnotherSizeIsNamed) {
  const tiny::Model model(weights());
  tiny::Session session(model);
  std::array<float, 16> tokens{}, output{};
  try {
    session.run({.B = 1, .S = 2, .tokens = tokens}, {.output = std::span(output).first(8)});
    FAIL() << "accepted";
  } catch (const octavo::Error& error) {
    EXPECT_STREQ(error.what(), "output: 8 elements given, [B, S, 8] needs 16");
  }
}

TEST(TypedApi, RequirementsHold) {
  const tiny::Model model(weights());
  tiny::Session session(model);
  std::array<float, 56> tokens{}, output{};
  try {
    session.run({.B = 1, .S = 7, .tokens = tokens}, {.output = output});
    FAIL() << "accepted";
  } catch (const octavo::Error& error) {
    EXPECT_NE(std::string(error.what()).find("S <= 6"), std::string::npos) << error.what();
  }
}

TEST(TypedApi, WeightsOfAnotherBuildAreRefused) {
  const std::string other = std::string(EMITTED_FOLDER) + "/mlp.weights";
  EXPECT_THROW(tiny::Model{other}, octavo::Error);
}

// Values that live at the same time must not share memory: the same numbers come out whatever the sizes before.
TEST(Arena, SizesMayChangeFromCallToCall) {
  const tiny::Model model(weights());
  tiny::Session session(model), fresh(model);
  Numbers numbers(3);
  for (const auto& [B, S] : std::vector<std::pair<int64_t, int64_t>>{{2, 3}, {1, 1}, {5, 6}, {2, 3}}) {
    std::vector<float> tokens(static_cast<size_t>(B * S * 8)), output(tokens.size()), alone(8);
    for (float& token : tokens) token = numbers.uniform(-1, 1);
    session.run({.B = B, .S = S, .tokens = tokens}, {.output = output});
    for (size_t row = 0; row < tokens.size(); row += 8) {
      fresh.run({.B = 1, .S = 1, .tokens = std::span(tokens).subspan(row, 8)}, {.output = alone});
      EXPECT_TRUE(std::ranges::equal(alone, std::span(output).subspan(row, 8))) << "row " << row / 8;
    }
  }
}

}  // namespace
}  // namespace octavo::emit::test
