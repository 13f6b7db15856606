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

constexpr const char* kConvolutions[] = {"Conv1d",          "Conv2d",          "Conv3d",
                                         "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"};

}  // namespace

const Rule library_module_rule{
    .id = "OCT105",
    .name = "library module",
    .kind = base::SiteKind::linear,
    .matches =
        "`torch::nn::MultiheadAttention`, `TransformerEncoder`, `TransformerDecoder` and their layers, `Transformer`, "
        "`Bilinear`; `Conv1d` and its kin",
    .becomes = "stays, with a remark: it is compiled in float",
    .before =
        "struct NetImpl : torch::nn::Module {\n"
        "  torch::nn::MultiheadAttention attention{8, 2};\n"
        "};\n",
    .after = nullptr,
    .lost = "its weights stay in float, four times the bytes, and its products run in float",
    .find = [](const Unit& unit) {
      find_unquantised_modules(unit, library_module_rule, kModules, {Why::library_module});
      find_unquantised_modules(unit, library_module_rule, kConvolutions, {Why::convolution});
    }};

}  // namespace octavo::rewriter
