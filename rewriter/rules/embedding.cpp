#include "rewriter/rules/module_types.h"
#include "rewriter/rules/rule.h"

namespace octavo::rewriter {

const Rule embedding_rule{.id = "OCT102",
                          .name = "embedding",
                          .kind = base::SiteKind::embedding,
                          .matches = "`torch::nn::Embedding` likewise, `Embedding::from_pretrained` too",
                          .becomes = "`octavo::nn::QuantEmbedding`",
                          .before =
                              "struct NetImpl : torch::nn::Module {\n"
                              "  torch::nn::Embedding words{100, 4};\n"
                              "};\n",
                          .after =
                              "struct NetImpl : torch::nn::Module {\n"
                              "  octavo::nn::QuantEmbedding words{100, 4};\n"
                              "};\n",
                          .lost = "its table stays in float, four times the bytes",
                          .find = [](const Unit& unit) { find_module_types(unit, embedding_rule, "Embedding"); }};

}  // namespace octavo::rewriter
