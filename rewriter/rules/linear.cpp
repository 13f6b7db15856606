#include "rewriter/rules/module_types.h"
#include "rewriter/rules/rule.h"

namespace octavo::rewriter {

const Rule linear_rule{
    "OCT101", "linear", base::SiteKind::linear,
    "torch::nn::Linear dense;  ->  octavo::nn::QuantLinear dense;\n"
    "Members, aliases, template arguments, parameters and constructions alike, wherever the type is spelled.",
    [](const Unit& unit) { find_module_types(unit, linear_rule, "Linear"); }};

}  // namespace octavo::rewriter
