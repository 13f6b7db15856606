#include "rewriter/rules/module_types.h"
#include "rewriter/rules/rule.h"

namespace octavo::rewriter {

const Rule linear_rule{
    .id = "OCT101",
    .name = "linear",
    .kind = base::SiteKind::linear,
    .matches =
        "`torch::nn::Linear` (or `LinearImpl`) as the type of a member, variable, parameter or result, in an alias, as "
        "a template argument, in a construction",
    .becomes = "`octavo::nn::QuantLinear`",
    .before =
        "struct NetImpl : torch::nn::Module {\n"
        "  torch::nn::Linear dense{4, 4};\n"
        "};\n",
    .after =
        "struct NetImpl : torch::nn::Module {\n"
        "  octavo::nn::QuantLinear dense{4, 4};\n"
        "};\n",
    .lost = "its weights stay in float, four times the bytes, and its product runs in float",
    .find = [](const Unit& unit) { find_module_types(unit, linear_rule, "Linear"); }};

}  // namespace octavo::rewriter
