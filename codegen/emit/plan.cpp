#include "codegen/emit/plan.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace octavo::emit {

using graph::Dim;

namespace {

// Sizes differ from call to call; the order in which values are placed needs one figure each.
int64_t typical_bytes(const Lifetime& lifetime) {
  if (!lifetime.runtime_bytes.empty()) return int64_t{1} << 20;
  Dim::Sizes sizes;
  for (const std::string& name : lifetime.bytes.names()) sizes[name] = 64;
  return lifetime.bytes.evaluate(sizes);
}

void keep_greatest(std::vector<Dim>& bytes, const Dim& added) {
  for (const Dim& kept : bytes) {
    if (always_at_least(kept, added)) return;
  }
  std::erase_if(bytes, [&](const Dim& kept) { return always_at_least(added, kept); });
  bytes.push_back(added);
}

void grow(Slot& slot, const Lifetime& lifetime) {
  if (lifetime.runtime_bytes.empty()) {
    keep_greatest(slot.bytes, lifetime.bytes);
  } else if (std::ranges::find(slot.runtime_bytes, lifetime.runtime_bytes) == slot.runtime_bytes.end()) {
    slot.runtime_bytes.push_back(lifetime.runtime_bytes);
  }
}

}  // namespace

bool always_at_least(const Dim& a, const Dim& b) {
  try {
    return (a - b).text().find('-') == std::string::npos;
  } catch (const base::Error&) {
    return false;  // quotients that have no difference
  }
}

Plan plan_slots(const std::vector<Lifetime>& lifetimes) {
  std::vector<size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(
      order, [&](size_t a, size_t b) { return typical_bytes(lifetimes[a]) > typical_bytes(lifetimes[b]); });

  Plan plan;
  plan.slot.assign(lifetimes.size(), -1);
  std::vector<std::vector<size_t>> members;
  for (const size_t item : order) {
    const auto free = [&](const std::vector<size_t>& slot) {
      return std::ranges::none_of(slot, [&](size_t other) {
        return lifetimes[item].first <= lifetimes[other].last && lifetimes[other].first <= lifetimes[item].last;
      });
    };
    // Slots were opened from the largest to the smallest: the last free one wastes least. Scratch of unknown size had better
    // not enlarge its slot: the first.
    size_t chosen = members.size();
    for (size_t i = 0; i < members.size(); ++i) {
      if (!free(members[i])) continue;
      chosen = i;
      if (!lifetimes[item].runtime_bytes.empty()) break;
    }
    if (chosen == members.size()) {
      members.emplace_back();
      plan.slots.emplace_back();
    }
    members[chosen].push_back(item);
    plan.slot[item] = static_cast<int>(chosen);
    grow(plan.slots[chosen], lifetimes[item]);
  }
  return plan;
}

}  // namespace octavo::emit
