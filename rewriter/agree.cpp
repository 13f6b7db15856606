#include "rewriter/agree.h"

#include <algorithm>

namespace octavo::rewriter {
namespace {

// Union-find over ids.
class Groups {
 public:
  std::string root(const std::string& id) {
    std::string& parent = parents_.try_emplace(id, id).first->second;
    return parent == id ? id : parent = root(parent);
  }
  void join(const std::string& a, const std::string& b) { parents_[root(a)] = root(b); }

 private:
  std::map<std::string, std::string> parents_;
};

std::string where(const Spot& spot) {
  const std::string file = spot.file.substr(spot.file.rfind('/') + 1);
  return file + ":" + std::to_string(spot.line) + ":" + std::to_string(spot.column);
}

// Members of two classes that share a name have nothing to do with each other.
std::string key(const TypeUse& type) { return type.home + "/" + type.id; }

// Casts whose result is run change when all modules of their kind do.
void release_runs(const std::set<TypeUse>& types, const std::function<Stay(const TypeUse&)>& chosen,
                  std::map<const TypeUse*, Stay>& stays) {
  for (const TypeUse& type : types) {
    if (!type.runs || !chosen(type).empty()) continue;
    const auto blocker = std::ranges::find_if(types, [&](const TypeUse& other) {
      return other.rule == type.rule && !other.cast && !other.replacement.empty() && !stays.at(&other).empty();
    });
    stays[&type] =
        blocker == types.end() ? Stay() : Stay{Why::float_run, blocker->id + " (" + where(blocker->spot) + ")", {}};
  }
}

}  // namespace

std::map<const TypeUse*, Stay> reasons_to_stay(const std::set<TypeUse>& types,
                                               const std::function<Stay(const TypeUse&)>& chosen) {
  Groups groups;
  std::map<Spot, std::string> first_at;
  for (const TypeUse& type : types) {
    if (!type.binding) continue;
    const auto [first, added] = first_at.try_emplace(type.spot, key(type));
    groups.join(first->second, key(type));
  }
  std::map<const TypeUse*, Stay> stays;
  std::map<std::string, const TypeUse*> blockers;
  for (const TypeUse& type : types) {
    Stay& stay = stays[&type] = chosen(type);
    if (stay.empty()) stay = type.stays;
    if (!stay.empty() && type.binding) blockers.try_emplace(groups.root(key(type)), &type);
  }
  for (const TypeUse& type : types) {
    const auto blocker = blockers.find(groups.root(key(type)));
    if (!stays[&type].empty() || blocker == blockers.end()) continue;
    const TypeUse& other = *blocker->second;
    const Stay& its = stays[&other];
    stays[&type] = {Why::together, other.id + " (" + where(other.spot) + "), " + its.text(),
                    "there: " + its.fix_text() + "; or " + reason(Why::together).fix};
  }
  release_runs(types, chosen, stays);
  return stays;
}

}  // namespace octavo::rewriter
