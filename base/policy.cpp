#include "base/policy.h"

#include <toml++/toml.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/glob.h"

namespace octavo::base {

namespace {
const std::vector<std::string> kKinds = {"linear", "embedding", "matmul", "layer_norm"};
const std::vector<std::string> kPrecisions = {"float", "int8"};
const std::vector<std::string> kActivations = {"dynamic", "static"};
const std::vector<std::string> kWeights = {"auto", "bounded", "exact"};  // by WeightRule

std::string listed(const std::vector<std::string>& words) {
  std::string result;
  for (const std::string& word : words) result += (result.empty() ? "" : ", ") + word;
  return result;
}
}  // namespace

const char* name(SiteKind kind) { return kKinds[static_cast<size_t>(kind)].c_str(); }
const char* name(WeightRule rule) { return kWeights[static_cast<size_t>(rule)].c_str(); }
WeightRule weight_rule(const std::string& name) {
  return static_cast<WeightRule>(std::find(kWeights.begin(), kWeights.end(), name) - kWeights.begin());
}

// Walks the TOML tree; every key and value it does not know is an error at its line.
class PolicyReader {
 public:
  PolicyReader(Policy& policy, std::string file) : policy_(policy), file_(std::move(file)) { policy_.file_ = file_; }

  void read(const toml::table& root) {
    static const std::vector<std::string> keys = {"defaults", "site", "rewrite"};
    for (const auto& [key, node] : root) {
      const std::string section(key.str());
      if (section == "defaults") {
        defaults(table(node, section));
      } else if (section == "site") {
        const toml::array* sites = node.as_array();
        if (sites == nullptr) fail(node, "'site' is a list of tables", "write [[site]]");
        for (const toml::node& site : *sites) rule(table(site, section));
      } else if (section == "rewrite") {
        rewrite(table(node, section));
      } else {
        unknown(node, "section", section, keys);
      }
    }
  }

 private:
  Policy& policy_;
  std::string file_;

  [[noreturn]] void fail(const toml::node& node, const std::string& cause, const std::string& fix) const {
    const auto& begin = node.source().begin;
    throw Error(Exit::refused, {file_, static_cast<int>(begin.line), static_cast<int>(begin.column)}, cause, fix);
  }
  [[noreturn]] void unknown(const toml::node& node, const std::string& what, const std::string& word,
                            const std::vector<std::string>& known) const {
    const std::string near = nearest(word, known);
    fail(node, "unknown " + what + " '" + word + "'",
         near.empty() ? "use one of: " + listed(known) : "did you mean '" + near + "'?");
  }
  const toml::table& table(const toml::node& node, const std::string& name) const {
    if (const toml::table* found = node.as_table()) return *found;
    fail(node, "'" + name + "' is a table", "write [" + name + "]");
  }
  std::string text(const toml::node& node, const std::string& key) const {
    if (const auto value = node.value_exact<std::string>()) return *value;
    fail(node, "'" + key + "' is a string", "put it in quotes");
  }
  int choice(const toml::node& node, const std::string& key, const std::vector<std::string>& words) const {
    const std::string word = text(node, key);
    const auto found = std::find(words.begin(), words.end(), word);
    if (found == words.end()) unknown(node, "value of '" + key + "'", word, words);
    return static_cast<int>(found - words.begin());
  }
  void defaults(const toml::table& defaults) {
    std::vector<std::string> keys = kKinds;
    keys.insert(keys.end(), {"activations", "weights"});
    for (const auto& [key, node] : defaults) {
      const std::string word(key.str());
      const auto kind = std::find(kKinds.begin(), kKinds.end(), word);
      if (kind != kKinds.end()) {
        policy_.int8_[kind - kKinds.begin()] = choice(node, word, kPrecisions) == 1;
      } else if (word == "activations") {
        policy_.static_activations_ = choice(node, word, kActivations) == 1;
      } else if (word == "weights") {
        policy_.weights_ = static_cast<WeightRule>(choice(node, word, kWeights));
      } else {
        unknown(node, "key", word, keys);
      }
    }
  }
  void rule(const toml::table& site) {
    Policy::Rule rule;
    rule.line = static_cast<int>(site.source().begin.line);
    for (const auto& [key, node] : site) {
      const std::string word(key.str());
      if (word == "match") {
        rule.match = text(node, word);
      } else if (word == "kind") {
        rule.kind = choice(node, word, kKinds);
      } else if (word == "precision") {
        rule.precision = choice(node, word, kPrecisions);
      } else if (word == "activations") {
        rule.activations = choice(node, word, kActivations);
      } else if (word == "weights") {
        rule.weights = choice(node, word, kWeights);
      } else {
        unknown(node, "key", word, {"match", "kind", "precision", "activations", "weights"});
      }
    }
    if (rule.match.empty() && rule.kind < 0)
      fail(site, "a [[site]] without 'match' or 'kind'", "add match = \"a.site.id\" or kind = \"matmul\"");
    if (rule.match.empty()) rule.match = "**";
    policy_.rules_.push_back(std::move(rule));
  }
  void rewrite(const toml::table& rewrite) {
    for (const auto& [key, node] : rewrite) {
      const std::string word(key.str());
      if (word != "skip") unknown(node, "key", word, {"skip"});
      const toml::array* patterns = node.as_array();
      if (patterns == nullptr) fail(node, "'skip' is a list of patterns", "write skip = [\"Class.member\"]");
      for (const toml::node& pattern : *patterns) policy_.skips_.push_back(skip(pattern));
    }
  }
  Skip skip(const toml::node& node) const {
    Skip skip;
    skip.line = static_cast<int>(node.source().begin.line);
    skip.column = static_cast<int>(node.source().begin.column);
    const toml::table* words = node.as_table();
    if (words == nullptr) {
      skip.match = text(node, "skip");
    } else {
      const std::vector<std::pair<std::string, std::string*>> known = {
          {"match", &skip.match}, {"type", &skip.type}, {"rule", &skip.rule}, {"reason", &skip.reason}};
      for (const auto& [key, value] : *words) {
        const std::string word(key.str());
        const auto place = std::find_if(known.begin(), known.end(), [&](const auto& k) { return k.first == word; });
        if (place == known.end()) unknown(value, "key", word, {"match", "type", "rule", "reason"});
        *place->second = text(value, word);
      }
    }
    if (skip.match.empty() && skip.type.empty() && skip.rule.empty())
      fail(node, "an entry of 'skip' that names nothing", "give it match, type or rule");
    return skip;
  }
};

std::optional<std::filesystem::path> Policy::find(const std::filesystem::path& source) {
  return nearest_above(source, "octavo.toml");
}

Policy Policy::read(const std::filesystem::path& path) { return parse(read_file(path), path.string()); }

Policy Policy::parse(std::string_view text, const std::string& file) {
  Policy policy;
  try {
    const toml::table root = toml::parse(text, file);
    PolicyReader(policy, file).read(root);
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    throw Error(Exit::refused, {file, static_cast<int>(begin.line), static_cast<int>(begin.column)},
                "is not TOML: " + std::string(error.description()));
  }
  return policy;
}

Policy Policy::fp32() {
  Policy policy;
  policy.fp32_ = true;
  return policy;
}

SitePolicy Policy::site(SiteKind kind, const std::string& id) const {
  SitePolicy result{int8_[static_cast<size_t>(kind)], static_activations_, weights_};
  for (const Rule& rule : rules_) {
    if (!glob_match(rule.match, id) || (rule.kind >= 0 && rule.kind != static_cast<int>(kind))) continue;
    if (rule.precision >= 0) result.int8 = rule.precision == 1;
    if (rule.activations >= 0) result.static_activations = rule.activations == 1;
    if (rule.weights >= 0) result.weights = static_cast<WeightRule>(rule.weights);
  }
  if (fp32_) result.int8 = false;
  return result;
}

bool Skip::fits(const RewriteSite& site) const {
  if (!match.empty() && !glob_match(match, site.id)) return false;
  if (!rule.empty() && rule != site.rule) return false;
  return type.empty() || type == site.type || type == site.module;
}

const Skip* Policy::skipped(const RewriteSite& site) const {
  const auto skip = std::find_if(skips_.begin(), skips_.end(), [&](const Skip& s) { return s.fits(site); });
  return skip == skips_.end() ? nullptr : &*skip;
}

namespace {
// What somebody may have meant by an entry that fits no site.
std::string meant(const Skip& skip, const std::vector<RewriteSite>& sites) {
  std::vector<std::string> ids, types;
  for (const RewriteSite& site : sites) {
    ids.push_back(site.id);
    ids.push_back(site.module + ".*");
    types.push_back(site.module);
    types.push_back(site.type);
  }
  if (!skip.match.empty()) return nearest(skip.match, ids);
  return skip.type.empty() ? std::string() : nearest(skip.type, types);
}

std::string words_of(const Skip& skip) {
  std::string text;
  for (const auto& [key, value] : {std::pair("match", &skip.match), {"type", &skip.type}, {"rule", &skip.rule}}) {
    if (!value->empty()) text += (text.empty() ? "" : ", ") + std::string(key) + " '" + *value + "'";
  }
  return text;
}
}  // namespace

void Policy::check_skips(const std::vector<RewriteSite>& sites, const std::vector<std::string>& rules) const {
  for (const Skip& skip : skips_) {
    const Place place{file_, skip.line, skip.column};
    if (!skip.rule.empty() && std::find(rules.begin(), rules.end(), skip.rule) == rules.end()) {
      const std::string near = nearest(skip.rule, rules);
      throw Error(Exit::refused, place, "unknown rule '" + skip.rule + "'",
                  near.empty() ? "use one of: " + listed(rules) : "did you mean '" + near + "'?");
    }
    if (std::any_of(sites.begin(), sites.end(), [&](const RewriteSite& site) { return skip.fits(site); })) continue;
    const std::string near = meant(skip, sites);
    throw Error(Exit::refused, place, "no site of these sources has " + words_of(skip),
                near.empty() ? "site ids are listed by `octavo rewrite --report`" : "did you mean '" + near + "'?");
  }
}

void Policy::check_patterns(const std::vector<std::string>& ids) const {
  std::string unmatched, fix;
  int line = 0;
  for (const Rule& rule : rules_) {
    if (rule.match == "**") continue;  // a kind of which this model has none
    if (std::any_of(ids.begin(), ids.end(), [&](const std::string& id) { return glob_match(rule.match, id); }))
      continue;
    unmatched += (unmatched.empty() ? "'" : ", '") + rule.match + "'";
    if (line == 0) line = rule.line;
    if (const std::string near = nearest(rule.match, ids); fix.empty() && !near.empty())
      fix = "did you mean '" + near + "'?";
  }
  if (unmatched.empty()) return;
  throw Error(Exit::refused, {file_, line}, "no site matches " + unmatched,
              fix.empty() ? "site ids are listed in the graph file and by `octavo rewrite --report`" : fix);
}

}  // namespace octavo::base
