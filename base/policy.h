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
//   [[site]]                   # later entries win
//   match = "encoder.layer.*.output.dense"
//   precision = "float"
//   activations = "static"
//   weights = "exact"
//
//   [rewrite]
//   skip = ["BertPooler.*"]    # class-level site ids that the rewriter leaves alone
#pragma once

#include <filesystem>
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

class Policy {
 public:
  Policy() = default;  // the defaults above
  // Throws Error (refused) with file, line and column for what is not TOML, and for unknown keys and values
  // with a suggestion.
  [[nodiscard]] static Policy read(const std::filesystem::path& path);
  [[nodiscard]] static Policy parse(std::string_view text, const std::string& file);
  // `--precision fp32`: nothing is quantised, whatever the sites say.
  [[nodiscard]] static Policy fp32();

  [[nodiscard]] SitePolicy site(SiteKind kind, const std::string& id) const;
  [[nodiscard]] bool skips_rewrite(const std::string& id) const;
  // Every pattern must name a site: throws Error (refused) listing the ones that match none of `ids`, each
  // with the nearest id.
  void check_patterns(const std::vector<std::string>& ids) const;

 private:
  struct Rule {
    std::string match;
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
  std::vector<std::string> skip_;
  std::string file_;

  friend class PolicyReader;
};

}  // namespace octavo::base
