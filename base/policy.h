// What the user decides about sites, from octavo.toml:
//
//   [defaults]
//   linear = "int8"            # int8 | float      Linear modules
//   embedding = "int8"         # int8 | float      Embedding modules
//   matmul = "float"           # int8 | float      Quantizers on the operands of a product
//   layer_norm = "float"       # int8 | float      Quantizers on LayerNorm inputs and residuals
//   activations = "dynamic"    # dynamic | static  scale per token at run time, or from calibration
//   weights = "auto"           # bounded | exact | auto  integers of Linear weights: chosen under the lane bound of the fast
//                              # kernels; kept, or rounded at full range; kept where all are on an int8 grid already
//
//   [[site]]                   # later entries win; what an entry names must all fit
//   match = "encoder.layer.*.output.dense"
//   kind = "linear"            # a key of [defaults]; alone, without match, it names all sites of the kind
//   precision = "float"
//   activations = "static"
//   weights = "exact"
//
//   [rewrite]
//   skip = [                   # what the rewriter leaves alone, by class-level site ids and patterns for them,
//     "BertPooler.*",
//     {rule = "OCT104"},       # by rule,
//     {type = "torch::nn::Embedding"},          # by the module replaced, or the class that the place stands in,
//     {type = "Mixer", rule = "OCT103", reason = "its products are tiny"},   # or by several of these at once
//   ]
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace octavo::base {

enum class SiteKind { linear, embedding, matmul, layer_norm };
[[nodiscard]] const char* name(SiteKind kind);

// How the integers of a weight are chosen (docs/quantization.md).
enum class WeightRule { automatic, bounded, exact };
[[nodiscard]] const char* name(WeightRule rule);  // "auto", "bounded", "exact"
[[nodiscard]] WeightRule weight_rule(const std::string& name);

struct SitePolicy {
  bool int8 = true;
  bool static_activations = false;
  WeightRule weights = WeightRule::automatic;
};

// A place as [rewrite] skip names it.
struct RewriteSite {
  std::string id;      // BertSelfAttention.scores_lhs
  std::string module;  // BertSelfAttention
  std::string type;    // torch::nn::Linear; empty for a call
  std::string rule;    // OCT103
};

// An entry of [rewrite] skip; an empty word fits anything.
struct Skip {
  std::string match, type, rule, reason;
  int line = 0, column = 0;
  [[nodiscard]] bool fits(const RewriteSite& site) const;
};

class Policy {
 public:
  Policy() = default;  // the defaults above
  // The octavo.toml beside `source` or in the nearest folder above it.
  [[nodiscard]] static std::optional<std::filesystem::path> find(const std::filesystem::path& source);
  // Throws Error (refused) with file, line and column for what is not TOML, and for unknown keys and values
  // with a suggestion.
  [[nodiscard]] static Policy read(const std::filesystem::path& path);
  [[nodiscard]] static Policy parse(std::string_view text, const std::string& file);
  // `--precision fp32`: nothing is quantised, whatever the sites say.
  [[nodiscard]] static Policy fp32();

  [[nodiscard]] SitePolicy site(SiteKind kind, const std::string& id) const;
  // The entry of [rewrite] skip that excludes a place, null if there is none.
  [[nodiscard]] const Skip* skipped(const RewriteSite& site) const;
  // Every entry of [rewrite] skip must name one of these places and rules: throws Error (refused) at the first that does
  // not, with the nearest that would.
  void check_skips(const std::vector<RewriteSite>& sites, const std::vector<std::string>& rules) const;
  [[nodiscard]] const std::string& file() const { return file_; }  // empty for the defaults
  // Every pattern must name a site: throws Error (refused) listing the ones that match none of `ids`, each
  // with the nearest id.
  void check_patterns(const std::vector<std::string>& ids) const;

 private:
  struct Rule {
    std::string match;
    int kind = -1;         // -1 any, else a SiteKind
    int precision = -1;    // -1 unset, 0 float, 1 int8
    int activations = -1;  // -1 unset, 0 dynamic, 1 static
    int weights = -1;      // -1 unset, else a WeightRule
    int line = 0;
  };
  bool fp32_ = false;
  bool int8_[4] = {true, true, false, false};
  bool static_activations_ = false;
  WeightRule weights_ = WeightRule::automatic;
  std::vector<Rule> rules_;
  std::vector<Skip> skips_;
  std::string file_;

  friend class PolicyReader;
};

}  // namespace octavo::base
