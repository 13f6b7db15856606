// What the user decides about sites, from octavo.toml:
//
//   [defaults]
//   linear = "int8"            # int8 | float      Linear modules
//   embedding = "int8"         # int8 | float      Embedding modules
//   matmul = "float"           # int8 | float      Quantizers on the operands of a product
//   layer_norm = "float"       # int8 | float      Quantizers on LayerNorm inputs and residuals
//   activations = "dynamic"    # dynamic | static  scale per token at run time, or from calibration
//
//   [[site]]                   # later entries win
//   match = "encoder.layer.*.output.dense"
//   precision = "float"
//   activations = "static"
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

struct SitePolicy {
  bool int8 = true;
  bool static_activations = false;
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
    int line = 0;
  };
  bool fp32_ = false;
  bool int8_[4] = {true, true, false, false};
  bool static_activations_ = false;
  std::vector<Rule> rules_;
  std::vector<std::string> skip_;
  std::string file_;

  friend class PolicyReader;
};

}  // namespace octavo::base
