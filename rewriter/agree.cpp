#include "rewriter/agree.h"

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

}  // namespace

std::map<const TypeUse*, std::string> reasons_to_stay(const std::set<TypeUse>& types,
                                                      const std::function<bool(const std::string& id)>& skips) {
  Groups groups;
  std::map<Spot, std::string> first_at;
  for (const TypeUse& type : types) {
    if (!type.binding) continue;
    const auto [first, added] = first_at.try_emplace(type.spot, type.id);
    groups.join(first->second, type.id);
  }
  std::map<const TypeUse*, std::string> reasons;
  std::map<std::string, const TypeUse*> blockers;
  for (const TypeUse& type : types) {
    std::string& reason = reasons[&type] = type.stays;
    if (reason.empty() && skips(type.id)) reason = "excluded by the policy";
    if (!reason.empty() && type.binding) blockers.try_emplace(groups.root(type.id), &type);
  }
  for (const TypeUse& type : types) {
    const auto blocker = blockers.find(groups.root(type.id));
    if (!reasons[&type].empty() || blocker == blockers.end()) continue;
    const TypeUse& other = *blocker->second;
    reasons[&type] = "changes only together with " + other.id + " (" + where(other.spot) + "), " + reasons[&other];
  }
  return reasons;
}

}  // namespace octavo::rewriter
