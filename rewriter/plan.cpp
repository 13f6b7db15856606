#include "rewriter/plan.h"

#include <algorithm>
#include <tuple>

#include "rewriter/agree.h"
#include "rewriter/names.h"

namespace octavo::rewriter {
namespace {

// Where edits meet at one offset: closing parentheses first, inner before outer; then new members; then opening
// parentheses, outer first; then the replaced text.
enum Order { closing, member, opening, replaced };

struct Ordered {
  Edit edit;
  Order order;
  size_t rank;
  std::string spelling;
  [[nodiscard]] auto key() const { return std::tuple(edit.offset, order, rank); }
};

class Planner {
 public:
  Planner(const Found& found, const base::Policy* policy) : found_(found), policy_(policy) {}

  Plan run() {
    add_types();
    const auto names = name_quantizers(found_);
    for (const auto& [spot, call] : found_.calls) add_call(call, names.at(spot));
    for (auto& [file, edits] : edits_) finish(file, edits);
    std::sort(plan_.sites.begin(), plan_.sites.end(), [](const Site& a, const Site& b) {
      return std::tie(a.file, a.line, a.column, a.id) < std::tie(b.file, b.line, b.column, b.id);
    });
    return std::move(plan_);
  }

 private:
  const Found& found_;
  const base::Policy* policy_;
  Plan plan_;
  std::map<std::string, std::vector<Ordered>> edits_;
  std::set<Spot> replaced_;

  bool skips(const std::string& id) const { return policy_ && policy_->skips_rewrite(id); }

  std::string text(const Spot& spot) const {
    const auto file = found_.texts.find(spot.file);
    return file == found_.texts.end() ? std::string() : file->second.substr(spot.begin, spot.end - spot.begin);
  }

  void add_site(const Spot& spot, Site site) {
    site.file = spot.file;
    site.line = spot.line;
    site.column = spot.column;
    site.rewritten = site.reason.empty();
    plan_.sites.push_back(std::move(site));
  }

  void add_types() {
    const auto reasons = reasons_to_stay(found_.types, [this](const std::string& id) { return skips(id); });
    for (const TypeUse& type : found_.types) {
      const std::string& reason = reasons.at(&type);
      const std::string spelling = text(type.spot);
      Site site;
      site.id = type.id;
      site.kind = type.kind;
      site.rule = type.rule;
      site.reason = reason;
      site.module = type.module;
      site.from = spelling;
      site.to = reason.empty() ? type.replacement : "";
      add_site(type.spot, site);
      if (!reason.empty() || !replaced_.insert(type.spot).second) continue;
      edits_[type.spot.file].push_back(
          {{type.spot.begin, type.spot.end - type.spot.begin, type.replacement}, replaced, 0, spelling});
    }
  }

  void add_call(const Call& call, const std::vector<std::string>& names) {
    const std::string prefix = call.module.empty() ? "" : call.module + ".";
    Site site;
    site.kind = call.kind;
    site.rule = call.rule;
    site.module = call.module;
    if (!call.stays.empty()) {
      site.id = prefix + call.name;
      site.reason = call.stays;
      add_site(call.spot, site);
      return;
    }
    for (size_t i = 0; i < call.operands.size(); ++i) {
      site.id = prefix + names[i];
      site.quantizer = names[i];
      site.from = text(call.operands[i].spot);
      site.reason = skips(site.id) ? "excluded by the policy" : "";
      site.to = site.reason.empty() ? wrap(call.operands[i], names[i]) : "";
      add_site(call.operands[i].spot, site);
      if (site.reason.empty()) add_member(call, names[i]);
    }
  }

  // Adds the edits around an operand; returns how it reads then.
  std::string wrap(const Operand& operand, const std::string& name) {
    const Spot& spot = operand.spot;
    std::vector<Ordered>& edits = edits_[spot.file];
    edits.push_back({{spot.begin, 0, operand.bare ? name : name + "("}, opening, ~spot.end, {}});
    if (!operand.bare) edits.push_back({{spot.end, 0, ")"}, closing, ~spot.begin, {}});
    return operand.bare ? name + text(spot) : name + "(" + text(spot) + ")";
  }

  void add_member(const Call& call, const std::string& name) {
    const Owner& owner = found_.owners.at(call.owner);
    std::vector<Ordered>& edits = edits_[owner.spot.file];
    const std::string declaration = owner.before + (call.is_const ? "mutable " : "") + "octavo::nn::Quantizer " + name +
                                    " = octavo::quantizer(*this, \"" + name + "\");";
    edits.push_back({{owner.spot.begin, 0, declaration}, member, edits.size(), {}});
  }

  void finish(const std::string& file, std::vector<Ordered>& edits) {
    std::sort(edits.begin(), edits.end(), [](const Ordered& a, const Ordered& b) { return a.key() < b.key(); });
    FileEdits& out = plan_.files[file];
    size_t done = 0;
    for (const Ordered& ordered : edits) {
      const Edit& edit = ordered.edit;
      if (edit.offset < done)
        throw base::Error(base::Exit::internal, {file},
                          "two edits overlap: the second would write '" + edit.text + "'");
      done = edit.offset + edit.length;
      out.edits.push_back(edit);
      if (ordered.order == replaced) out.spellings.push_back(ordered.spelling);
    }
  }
};

}  // namespace

Plan make_plan(const Found& found, const base::Policy* policy) { return Planner(found, policy).run(); }

}  // namespace octavo::rewriter
