#include "rewriter/rules/module_types.h"
#include "rewriter/rules/rule.h"

namespace octavo::rewriter {

const Rule embedding_rule{
    "OCT102", "embedding", base::SiteKind::embedding,
    "torch::nn::Embedding words;  ->  octavo::nn::QuantEmbedding words;\n"
    "Members, aliases, template arguments, parameters and constructions alike, wherever the type is spelled.",
    [](const Unit& unit) { find_module_types(unit, embedding_rule, "Embedding"); }};

}  // namespace octavo::rewriter
