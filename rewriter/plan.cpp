#include "rewriter/plan.h"

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "rewriter/agree.h"
#include "rewriter/keeps.h"
#include "rewriter/names.h"
#include "rewriter/rules/rules.h"

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
  Planner(const Found& found, const base::Policy* policy) : found_(found), policy_(policy), keeps_(found.texts) {}

  Plan run() {
    add_types();
    const auto names = name_quantizers(found_);
    for (const auto& [spot, call] : found_.calls) add_call(call, names.at(spot));
    for (auto& [file, edits] : edits_) finish(file, edits);
    std::sort(plan_.sites.begin(), plan_.sites.end(), [](const Site& a, const Site& b) {
      return std::tie(a.file, a.line, a.column, a.id) < std::tie(b.file, b.line, b.column, b.id);
    });
    plan_.idle_keeps = keeps_.idle();
    check_policy();
    return std::move(plan_);
  }

 private:
  const Found& found_;
  const base::Policy* policy_;
  Keeps keeps_;
  Plan plan_;
  std::map<std::string, std::vector<Ordered>> edits_;
  std::map<Spot, int> replaced_;  // types at one spot are one change
  std::vector<base::RewriteSite> named_;
  int changes_ = 0;

  // What the user decided about a place: a comment beside it, or the policy.
  Stay chosen(const base::RewriteSite& site, const std::string& file, std::initializer_list<int> lines) {
    named_.push_back(site);
    const Stay kept = keeps_.find(file, lines, site.rule);
    const base::Skip* skip = policy_ ? policy_->skipped(site) : nullptr;
    if (!kept.empty() || !skip) return kept;
    const std::string entry =
        std::filesystem::path(policy_->file()).filename().string() + ":" + std::to_string(skip->line);
    return {Why::policy, " (" + entry + (skip->reason.empty() ? "" : ", " + skip->reason) + ")", {}};
  }

  void check_policy() const {
    if (!policy_) return;
    std::vector<std::string> ids;
    for (const Rule* rule : rules()) ids.push_back(rule->id);
    policy_->check_skips(named_, ids);
  }

  std::string text(const Spot& spot) const {
    const auto file = found_.texts.find(spot.file);
    return file == found_.texts.end() ? std::string() : file->second.substr(spot.begin, spot.end - spot.begin);
  }

  void add_site(const Spot& spot, const Stay& stays, Site site) {
    site.file = spot.file;
    site.line = spot.line;
    site.column = spot.column;
    const std::string spelled = text(spot);
    site.last_line = spot.line + static_cast<int>(std::count(spelled.begin(), spelled.end(), '\n'));
    site.offset = spot.begin;
    site.length = spot.end - spot.begin;
    site.rewritten = stays.empty();
    site.stays = stays;
    site.reason = stays.text();
    plan_.sites.push_back(std::move(site));
  }

  void add_types() {
    const auto stays = reasons_to_stay(found_.types, [this](const TypeUse& type) {
      return chosen({type.id, type.module, replaced_type(type.replacement), type.rule}, type.spot.file,
                    {type.spot.line});
    });
    for (const TypeUse& type : found_.types) {
      const Stay& stay = stays.at(&type);
      Site site;
      site.id = type.id;
      site.kind = type.kind;
      site.rule = type.rule;
      site.module = type.module;
      site.from = text(type.spot);
      if (stay.empty()) {
        site.to = type.replacement;
        site.change = replace(type);
      }
      add_site(type.spot, stay, site);
    }
  }

  int replace(const TypeUse& type) {
    check_sights({type.spot, type.replacement});
    const auto [known, added] = replaced_.try_emplace(type.spot, changes_ + 1);
    if (!added) return known->second;
    edits_[type.spot.file].push_back({{type.spot.begin, type.spot.end - type.spot.begin, type.replacement, ++changes_},
                                      replaced,
                                      0,
                                      text(type.spot)});
    return changes_;
  }

  void add_call(const Call& call, const std::vector<std::string>& names) {
    const std::string prefix = call.module.empty() ? "" : call.module + ".";
    Site site;
    site.kind = call.kind;
    site.rule = call.rule;
    site.module = call.module;
    site.call = true;
    if (!call.stays.empty()) {
      site.id = prefix + call.name;
      const Stay own = chosen({site.id, call.module, {}, call.rule}, call.spot.file, {call.spot.line});
      add_site(call.spot, own.empty() ? call.stays : own, site);
      return;
    }
    for (size_t i = 0; i < call.operands.size(); ++i) {
      const Spot& spot = call.operands[i].spot;
      site.id = prefix + names[i];
      site.quantizer = names[i];
      site.from = text(spot);
      const Stay stays = chosen({site.id, call.module, {}, call.rule}, spot.file, {call.spot.line, spot.line});
      site.change = stays.empty() ? ++changes_ : 0;
      site.to = stays.empty() ? wrap(call.operands[i], names[i]) : "";
      add_site(spot, stays, site);
      if (!stays.empty()) continue;
      check_sights({call.spot, call.rule});
      add_member(call, names[i]);
    }
  }

  // A place may be edited only if every unit that reads it takes it for the same.
  void check_sights(const Sight& sight) const {
    const Units& agreeing = found_.sights.at(sight);
    const auto readers = found_.units.find(sight.spot.file);
    if (readers == found_.units.end()) return;
    for (const std::string& unit : readers->second) {
      if (agreeing.contains(unit) || hides(unit, sight.spot)) continue;
      throw base::Error(base::Exit::refused, {sight.spot.file, sight.spot.line, sight.spot.column},
                        "two units read this text in two ways: in " + *agreeing.begin() + " it is a place of " +
                            described(sight) + ", in " + unit + " it is " + other_sight(sight, unit),
                        "give the text one meaning in both, or rewrite them one at a time");
    }
  }
  bool hides(const std::string& unit, const Spot& spot) const {
    const auto hidden = found_.hidden.find(unit);
    return hidden != found_.hidden.end() &&
           std::any_of(hidden->second.begin(), hidden->second.end(), [&](const Spot& region) {
             return region.file == spot.file && region.begin <= spot.begin && spot.end <= region.end;
           });
  }
  // torch::nn::Linear of octavo::nn::QuantLinear; empty for anything else.
  static std::string replaced_type(const std::string& replacement) {
    return replacement.starts_with(quant_) ? "torch::nn::" + replacement.substr(quant_.size()) : std::string();
  }
  static std::string described(const Sight& sight) {
    const std::string type = replaced_type(sight.what);
    return type.empty() ? sight.what : type;
  }
  std::string other_sight(const Sight& sight, const std::string& unit) const {
    for (auto other = found_.sights.lower_bound({sight.spot, ""});
         other != found_.sights.end() && other->first.spot == sight.spot; ++other) {
      if (other->second.contains(unit)) return "one of " + described(other->first);
    }
    return "none";
  }

  // Adds the edits around an operand; returns how it reads then.
  std::string wrap(const Operand& operand, const std::string& name) {
    const Spot& spot = operand.spot;
    std::vector<Ordered>& edits = edits_[spot.file];
    edits.push_back({{spot.begin, 0, operand.bare ? name : name + "(", changes_}, opening, ~spot.end, {}});
    if (!operand.bare) edits.push_back({{spot.end, 0, ")", changes_}, closing, ~spot.begin, {}});
    return operand.bare ? name + text(spot) : name + "(" + text(spot) + ")";
  }

  void add_member(const Call& call, const std::string& name) {
    const Owner& owner = found_.owners.at(call.owner);
    std::vector<Ordered>& edits = edits_[owner.spot.file];
    const std::string declaration = owner.before + (call.is_const ? "mutable " : "") + "octavo::nn::Quantizer " + name +
                                    " = octavo::quantizer(*this, \"" + name + "\");";
    edits.push_back({{owner.spot.begin, 0, declaration, changes_}, member, edits.size(), {}});
  }

  void finish(const std::string& file, std::vector<Ordered>& edits) {
    std::sort(edits.begin(), edits.end(), [](const Ordered& a, const Ordered& b) { return a.key() < b.key(); });
    FileEdits& out = plan_.files[file];
    size_t done = 0;
    for (const Ordered& ordered : edits) {
      const Edit& edit = ordered.edit;
      if (edit.offset < done)
        throw base::Error(
            base::Exit::internal, {file},
            "two edits overlap: after '" + out.edits.back().text + "' the second would write '" + edit.text + "'");
      done = edit.offset + edit.length;
      out.edits.push_back(edit);
      if (ordered.order == replaced) out.spellings.push_back(ordered.spelling);
    }
  }

  static constexpr std::string_view quant_ = "octavo::nn::Quant";
};

}  // namespace

Plan make_plan(const Found& found, const base::Policy* policy) { return Planner(found, policy).run(); }

}  // namespace octavo::rewriter
