// The operators that multiply matrices or slide kernels: what quantisation is about. A product that is neither a site nor
// explained is a defect of the rewriter (cli/products.h).
#pragma once

#include <string_view>

namespace octavo::graph {

// An operator of a trace: aten.addmm, octavo.linear. Outer products multiply, but sum nothing: they are none.
[[nodiscard]] bool is_product(std::string_view op);

// On a trace's product that reads a parameter, however it was transposed or sliced: the registered path of that parameter.
inline constexpr const char* kParameter = "parameter";

}  // namespace octavo::graph
