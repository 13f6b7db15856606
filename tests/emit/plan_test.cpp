#include "codegen/emit/plan.h"

#include <gtest/gtest.h>

#include "codegen/graph/dim.h"
#include "tests/emit/fixtures.h"

namespace octavo::emit {
namespace {

using graph::Dim;

Dim random_bytes(test::Numbers& numbers) {
  const Dim B = Dim::named("B"), S = Dim::named("S");
  const Dim shapes[] = {B * S, B * S * S, B, S, Dim(1)};
  return shapes[numbers.below(5)] * Dim(4 * (1 + numbers.below(500)));
}

// The emitted place_slots, at given sizes: where each lifetime begins.
std::vector<int64_t> offsets(const Plan& plan, const Dim::Sizes& sizes) {
  std::vector<int64_t> slot_offset;
  int64_t end = 0;
  for (const Slot& slot : plan.slots) {
    slot_offset.push_back(end);
    int64_t bytes = 0;
    for (const Dim& dim : slot.bytes) bytes = std::max(bytes, dim.evaluate(sizes));
    end += (bytes + 63) / 64 * 64;
  }
  std::vector<int64_t> result;
  for (const int slot : plan.slot) result.push_back(slot_offset[static_cast<size_t>(slot)]);
  return result;
}

TEST(Plan, NoTwoLiveValuesOverlapAtAnySizes) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    test::Numbers numbers(seed);
    std::vector<Lifetime> lifetimes;
    for (int i = 0; i < 60; ++i) {
      const int first = static_cast<int>(numbers.below(80));
      lifetimes.push_back({first, first + static_cast<int>(numbers.below(12)), random_bytes(numbers), {}});
    }
    const Plan plan = plan_slots(lifetimes);
    for (int trial = 0; trial < 5; ++trial) {
      const Dim::Sizes sizes = {{"B", 1 + numbers.below(40)}, {"S", 1 + numbers.below(600)}};
      const std::vector<int64_t> at = offsets(plan, sizes);
      for (size_t a = 0; a < lifetimes.size(); ++a) {
        for (size_t b = a + 1; b < lifetimes.size(); ++b) {
          const bool together = lifetimes[a].first <= lifetimes[b].last && lifetimes[b].first <= lifetimes[a].last;
          if (!together) continue;
          const bool apart = at[a] + lifetimes[a].bytes.evaluate(sizes) <= at[b] ||
                             at[b] + lifetimes[b].bytes.evaluate(sizes) <= at[a];
          EXPECT_TRUE(apart) << "values " << a << " and " << b << ", seed " << seed;
        }
      }
    }
  }
}

TEST(Plan, ValuesThatFollowOneAnotherShare) {
  const Dim big = Dim::named("S") * Dim(400), small = Dim::named("S") * Dim(4);
  const Plan plan = plan_slots({{0, 1, small, {}}, {1, 2, big, {}}, {2, 3, small, {}}, {3, 4, big, {}}});
  EXPECT_EQ(plan.slots.size(), 2U);
  EXPECT_EQ(plan.slot[1], plan.slot[3]);
  EXPECT_EQ(plan.slot[0], plan.slot[2]);
}

TEST(Plan, ScratchOfUnknownSizeTakesTheLargestSlotThatIsFree) {
  const Dim S = Dim::named("S");
  const Plan plan = plan_slots(
      {{0, 2, S * Dim(4000), {}}, {0, 1, S * Dim(3000), {}}, {0, 1, S * Dim(2000), {}}, {2, 2, 0, "scratch"}});
  EXPECT_EQ(plan.slots.size(), 3U);
  EXPECT_EQ(plan.slot[3], plan.slot[1]);
}

TEST(Plan, ASlotKeepsOnlyTheSizesThatMayBeGreatest) {
  const Dim S = Dim::named("S");
  const Plan plan = plan_slots({{0, 0, S * Dim(8), {}}, {1, 1, S * Dim(4), {}}, {2, 2, Dim(640), {}}});
  ASSERT_EQ(plan.slots.size(), 1U);
  EXPECT_EQ(plan.slots[0].bytes.size(), 2U);  // 8*S and 640: which is greater depends on S
  EXPECT_TRUE(always_at_least(S * Dim(8) + Dim(1), S * Dim(8)));
  EXPECT_FALSE(always_at_least(S, Dim(1)));
}

}  // namespace
}  // namespace octavo::emit
