#include "rewriter/names.h"

#include <algorithm>

namespace octavo::rewriter {
namespace {

bool inside(const Spot& inner, const Spot& outer) {
  return inner.file == outer.file && outer.begin <= inner.begin && inner.end <= outer.end;
}

// Outer calls before the calls in their operands, forward before other functions, else as in the file.
std::vector<const Call*> in_order(const Found& found) {
  std::vector<const Call*> calls;
  for (const auto& [spot, call] : found.calls) calls.push_back(&call);
  const auto key = [](const Call* call) {
    return std::tuple(call->function != "forward", call->spot.file, call->spot.begin, ~call->spot.end);
  };
  std::sort(calls.begin(), calls.end(), [&](const Call* a, const Call* b) { return key(a) < key(b); });
  return calls;
}

class Namer {
 public:
  explicit Namer(const Found& found) : found_(found) {}

  void name(const Call& call) {
    std::vector<std::string>& given = names[call.spot];
    if (!call.stays.empty()) return;  // claims no name
    std::set<std::string>& taken = taken_.try_emplace(call.owner, taken_by_class(call.owner)).first->second;
    const std::string wanted = wanted_base(call);
    std::string base = wanted;
    if (!fits(call, base, taken) && call.function != "forward" && call.function != wanted)
      base = call.function + "_" + wanted;
    const std::string first = base;
    for (int n = 2; !fits(call, base, taken); ++n) base = first + "_" + std::to_string(n);
    for (const Operand& operand : call.operands) {
      const std::string name = base + operand.suffix;
      taken.insert(name);
      given.push_back(name);
    }
    if (call.kind == base::SiteKind::matmul) done_.push_back(&call);
  }
  std::map<Spot, std::vector<std::string>> names;

 private:
  const Found& found_;
  std::map<std::string, std::set<std::string>> taken_;
  std::vector<const Call*> done_;

  std::set<std::string> taken_by_class(const std::string& owner) const {
    const auto found = found_.owners.find(owner);
    return found == found_.owners.end() ? std::set<std::string>() : found->second.taken;
  }
  static bool fits(const Call& call, const std::string& base, const std::set<std::string>& taken) {
    return std::none_of(call.operands.begin(), call.operands.end(),
                        [&](const Operand& operand) { return taken.contains(base + operand.suffix); });
  }
  // A product inside an operand of another is named after that operand.
  std::string wanted_base(const Call& call) const {
    if (call.kind != base::SiteKind::matmul) return call.name;
    for (auto outer = done_.rbegin(); outer != done_.rend(); ++outer) {
      for (size_t i = 0; i < (*outer)->operands.size(); ++i) {
        if (inside(call.spot, (*outer)->operands[i].spot)) return names.at((*outer)->spot)[i];
      }
    }
    return call.name;
  }
};

}  // namespace

std::map<Spot, std::vector<std::string>> name_quantizers(const Found& found) {
  Namer namer(found);
  for (const Call* call : in_order(found)) namer.name(*call);
  return std::move(namer.names);
}

}  // namespace octavo::rewriter
