#include "rewriter/rules/module_types.h"
#include "rewriter/rules/rule.h"

namespace octavo::rewriter {
namespace {

constexpr const char* kModules[] = {"MultiheadAttention",
                                    "TransformerEncoderLayer",
                                    "TransformerDecoderLayer",
                                    "TransformerEncoder",
                                    "TransformerDecoder",
                                    "Transformer",
                                    "Bilinear"};

}  // namespace

const Rule library_module_rule{
    "OCT105", "library module", base::SiteKind::linear,
    "torch::nn::MultiheadAttention attention;  ->  stays\n"
    "Its weights are multiplied in LibTorch's own forward, which no edit reaches: it is compiled, in float.",
    [](const Unit& unit) {
      find_unquantised_modules(unit, library_module_rule, kModules,
                               "its products are in LibTorch's own forward and run in float: write them with "
                               "torch::nn::Linear members to have them in INT8");
    }};

}  // namespace octavo::rewriter
