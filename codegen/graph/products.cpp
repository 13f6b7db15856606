#include "codegen/graph/products.h"

#include <algorithm>
#include <array>

namespace octavo::graph {

bool is_product(std::string_view op) {
  static constexpr std::array<std::string_view, 25> kProducts = {"octavo.linear",
                                                                 "aten.linear",
                                                                 "aten.matmul",
                                                                 "aten.mm",
                                                                 "aten.bmm",
                                                                 "aten.mv",
                                                                 "aten.dot",
                                                                 "aten.vdot",
                                                                 "aten.inner",
                                                                 "aten.addmm",
                                                                 "aten.addmv",
                                                                 "aten.addbmm",
                                                                 "aten.baddbmm",
                                                                 "aten.einsum",
                                                                 "aten.tensordot",
                                                                 "aten.bilinear",
                                                                 "aten.chain_matmul",
                                                                 "aten.linalg_multi_dot",
                                                                 "aten.scaled_dot_product_attention",
                                                                 "aten.conv1d",
                                                                 "aten.conv2d",
                                                                 "aten.conv3d",
                                                                 "aten.conv_transpose1d",
                                                                 "aten.conv_transpose2d",
                                                                 "aten.convolution"};
  const size_t overload = op.find('.', op.find('.') + 1);
  return std::find(kProducts.begin(), kProducts.end(), op.substr(0, overload)) != kProducts.end();
}

}  // namespace octavo::graph
