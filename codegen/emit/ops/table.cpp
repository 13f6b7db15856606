#include <algorithm>
#include <iterator>

#include "codegen/emit/ops/operators.h"

namespace octavo::emit {

namespace {

constexpr const char* kElementwise = "runtime/kernels/elementwise/elementwise.h";
constexpr const char* kReduce = "runtime/kernels/reduce/reduce.h";

constexpr Operator kOperators[] = {
    {"reshape", 1, 1, "", emit_reshape},
    {"permute", 1, 1, "", emit_permute},
    {"expand", 1, 1, "", emit_expand},
    {"slice", 1, 1, "", emit_slice},
    {"select", 1, 1, "", emit_select},
    {"cat", 1, -1, kElementwise, emit_cat},
    {"copy", 1, 1, kElementwise, emit_copy},

    {"add", 1, 2, kElementwise, emit_binary},
    {"sub", 1, 2, kElementwise, emit_binary},
    {"mul", 1, 2, kElementwise, emit_binary},
    {"div", 1, 2, kElementwise, emit_binary},
    {"maximum", 1, 2, kElementwise, emit_binary},
    {"minimum", 1, 2, kElementwise, emit_binary},
    {"pow", 1, 2, kElementwise, emit_binary},
    {"fmod", 1, 2, kElementwise, emit_binary},
    {"floor_divide", 1, 2, kElementwise, emit_binary},
    {"eq", 1, 2, kElementwise, emit_binary},
    {"ne", 1, 2, kElementwise, emit_binary},
    {"lt", 1, 2, kElementwise, emit_binary},
    {"le", 1, 2, kElementwise, emit_binary},
    {"gt", 1, 2, kElementwise, emit_binary},
    {"ge", 1, 2, kElementwise, emit_binary},
    {"logical_and", 2, 2, kElementwise, emit_binary},
    {"logical_or", 2, 2, kElementwise, emit_binary},
    {"neg", 1, 1, kElementwise, emit_unary},
    {"abs", 1, 1, kElementwise, emit_unary},
    {"exp", 1, 1, kElementwise, emit_unary},
    {"log", 1, 1, kElementwise, emit_unary},
    {"sqrt", 1, 1, kElementwise, emit_unary},
    {"rsqrt", 1, 1, kElementwise, emit_unary},
    {"tanh", 1, 1, kElementwise, emit_unary},
    {"sigmoid", 1, 1, kElementwise, emit_unary},
    {"relu", 1, 1, kElementwise, emit_unary},
    {"silu", 1, 1, kElementwise, emit_unary},
    {"gelu", 1, 1, kElementwise, emit_unary},
    {"erf", 1, 1, kElementwise, emit_unary},
    {"sin", 1, 1, kElementwise, emit_unary},
    {"cos", 1, 1, kElementwise, emit_unary},
    {"logical_not", 1, 1, kElementwise, emit_unary},
    {"where", 1, 3, kElementwise, emit_where},
    {"cast", 1, 1, kElementwise, emit_cast},
    {"arange", 0, 0, kElementwise, emit_arange},
    {"full", 0, 0, kElementwise, emit_full},
    {"fake_quantize", 1, 1, kElementwise, emit_fake_quantize},
    {"cumsum", 1, 1, kElementwise, emit_cumsum},
    {"gather", 2, 2, kElementwise, emit_gather},
    {"scatter", 3, 3, kElementwise, emit_scatter},
    {"sort", 1, 1, kElementwise, emit_sort},

    {"sum", 1, 1, kReduce, emit_reduce},
    {"mean", 1, 1, kReduce, emit_reduce},
    {"max", 1, 1, kReduce, emit_reduce},
    {"min", 1, 1, kReduce, emit_reduce},
    {"prod", 1, 1, kReduce, emit_reduce},
    {"softmax", 1, 1, "runtime/kernels/softmax/softmax.h", emit_softmax},

    {"matmul", 2, 2, "runtime/kernels/matmul/matmul.h", emit_matmul},
    {"linear", 2, 4, "runtime/kernels/linear_f32/linear_f32.h", emit_linear},
    {"linear_s8", 3, 5, "runtime/kernels/linear_s8/linear_s8.h", emit_linear_s8},
    {"quantize_rows", 1, 1, "runtime/kernels/quantize_rows/quantize_rows.h", emit_quantize_rows},
    {"layer_norm", 1, 4, "runtime/kernels/layer_norm/layer_norm.h", emit_layer_norm},
    {"attention", 3, 4, "runtime/kernels/attention/attention.h", emit_attention},
    {"embedding", 2, 2, "runtime/kernels/embedding_sum/embedding_sum.h", emit_embedding},
    {"embedding_sum", 2, -1, "runtime/kernels/embedding_sum/embedding_sum.h", emit_embedding_sum},
};

}  // namespace

const Operator* find_operator(const std::string& name) {
  const auto* found = std::ranges::find_if(kOperators, [&](const Operator& op) { return name == op.name; });
  return found == std::end(kOperators) ? nullptr : found;
}

std::vector<std::string> operator_names() {
  std::vector<std::string> names;
  for (const Operator& op : kOperators) names.emplace_back(op.name);
  return names;
}

}  // namespace octavo::emit
