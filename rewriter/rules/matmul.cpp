#include <set>

#include "rewriter/matchers.h"
#include "rewriter/rules/calls.h"

namespace octavo::rewriter {
namespace {

using namespace clang;

const std::vector<std::string> products = {"::at::matmul", "::at::bmm",   "::at::mm",
                                           "::at::mv",     "::at::inner", "::at::dot"};
const std::vector<std::string> members = {"::at::Tensor::matmul", "::at::Tensor::bmm",   "::at::Tensor::mm",
                                          "::at::Tensor::mv",     "::at::Tensor::inner", "::at::Tensor::dot"};
const std::vector<std::string> added = {"::at::addmm", "::at::baddbmm"};
const std::vector<std::string> added_members = {"::at::Tensor::addmm", "::at::Tensor::baddbmm", "::at::Tensor::addmm_",
                                                "::at::Tensor::baddbmm_"};
const std::vector<std::string> convolutions = {"::at::conv1d",
                                               "::at::conv2d",
                                               "::at::conv3d",
                                               "::torch::nn::functional::conv1d",
                                               "::torch::nn::functional::conv2d",
                                               "::torch::nn::functional::conv3d"};
const std::vector<std::string> others = {"::at::bilinear",
                                         "::torch::nn::functional::bilinear",
                                         "::torch::nn::functional::multi_head_attention_forward",
                                         "::at::tensordot",
                                         "::at::addmv",
                                         "::at::addbmm"};
const std::vector<std::string> linears = {"::at::linear", "::torch::nn::functional::linear"};
const std::vector<std::string> attentions = {"::at::scaled_dot_product_attention"};
const std::vector<std::string> einsums = {"::at::einsum"};

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const auto* part : {&products, &members, &added, &added_members, &linears, &attentions, &einsums})
    names.insert(names.end(), part->begin(), part->end());
  return names;
}

const CallExpr& call_in(const Match& match) { return *match.getNodeAs<CallExpr>("call"); }

// f(a, b): the first arguments, one for each suffix.
void find_functions(const Unit& unit, const std::vector<std::string>& names, const std::vector<std::string>& suffixes) {
  for (const Match& match : matches(call_of(names), unit)) {
    std::vector<Argument> arguments;
    for (unsigned i = 0; i < suffixes.size() && i < call_in(match).getNumArgs(); ++i)
      arguments.push_back({call_in(match).getArg(i), suffixes[i]});
    add_call(unit, matmul_rule, call_in(match), arguments);
  }
}

// a.matmul(b)
void find_members(const Unit& unit) {
  for (const Match& match : matches(call_of(members), unit)) {
    const auto* call = dyn_cast<CXXMemberCallExpr>(&call_in(match));
    if (!call || call->getNumArgs() < 1) continue;
    const auto* callee = dyn_cast<MemberExpr>(call->getCallee()->IgnoreParens());
    if (callee && callee->isArrow()) {
      add_refused_call(unit, matmul_rule, *call, {Why::pointer});
    } else {
      add_call(unit, matmul_rule, *call,
               {{call->getImplicitObjectArgument(), "_lhs", true}, {call->getArg(0), "_rhs"}});
    }
  }
}

// addmm(bias, a, b), bias.addmm(a, b)
void find_added(const Unit& unit) {
  for (const Match& match : matches(call_of(added), unit)) {
    const CallExpr& call = call_in(match);
    if (call.getNumArgs() > 2) add_call(unit, matmul_rule, call, {{call.getArg(1), "_lhs"}, {call.getArg(2), "_rhs"}});
  }
  for (const Match& match : matches(call_of(added_members), unit)) {
    const CallExpr& call = call_in(match);
    if (isa<CXXMemberCallExpr>(call) && call.getNumArgs() > 1)
      add_call(unit, matmul_rule, call, {{call.getArg(0), "_lhs"}, {call.getArg(1), "_rhs"}});
  }
}

// Known, and without an INT8 form: said instead of passed over.
void find_unquantised(const Unit& unit) {
  for (const Match& match : matches(call_of(convolutions), unit))
    add_refused_call(unit, matmul_rule, call_in(match), {Why::convolution});
  for (const Match& match : matches(call_of(others), unit))
    add_refused_call(unit, matmul_rule, call_in(match), {Why::float_product});
}

// Two inputs that share an index which the output lacks: "bhqd,bhkd->bhqk".
bool is_product(StringRef equation) {
  const auto [inputs, output] = equation.split("->");
  const auto [left, right] = inputs.split(',');
  if (right.empty() || right.contains(',') || equation.contains('.') || !equation.contains("->")) return false;
  for (const char index : left) {
    if (isalpha(index) && right.contains(index) && !output.contains(index)) return true;
  }
  return false;
}

// einsum("bhqd,bhkd->bhqk", {a, b})
void find_einsums(const Unit& unit) {
  for (const Match& match : matches(call_of(einsums), unit)) {
    const CallExpr& call = call_in(match);
    const auto strings = matches_in<StringLiteral>(call.getArg(0), unit);
    const auto lists = matches_in<InitListExpr>(call.getArg(1), unit);
    if (strings.empty() || lists.empty() || lists[0]->getNumInits() != 2) {
      add_refused_call(unit, matmul_rule, call, {Why::einsum_form});
    } else if (!is_product(strings[0]->getString())) {
      add_refused_call(unit, matmul_rule, call, {Why::einsum_other});
    } else {
      add_call(unit, matmul_rule, call, {{lists[0]->getInit(0), "_lhs"}, {lists[0]->getInit(1), "_rhs"}});
    }
  }
}

void find_matmuls(const Unit& unit) {
  find_functions(unit, products, {"_lhs", "_rhs"});
  find_functions(unit, linears, {"_input", "_weight"});
  find_functions(unit, attentions, {"_query", "_key", "_value"});
  find_members(unit);
  find_added(unit);
  find_einsums(unit);
  find_unquantised(unit);
  for (const Match& match : matches(unresolved_call_of(all_names()), unit))
    add_refused_call(unit, matmul_rule, call_in(match), {Why::dependent});
}

}  // namespace

const Rule matmul_rule{
    .id = "OCT103",
    .name = "matmul",
    .kind = base::SiteKind::matmul,
    .matches =
        "`torch::matmul(a, b)`, `bmm`, `mm`, `mv`, `dot`, `inner`, `a.matmul(b)` and so on, `addmm(c, a, b)`, "
        "`baddbmm(c, a, b)`, "
        "`einsum(\"…,…->…\", {a, b})` that is "
        "a product\n"
        "`torch::linear(x, w)`, `F::linear(x, w)`\n"
        "`torch::scaled_dot_product_attention(q, k, v)`",
    .becomes =
        "each operand through a Quantizer: `NAME_lhs`, `NAME_rhs`\n"
        "`NAME_input`, `NAME_weight`\n"
        "`NAME_query`, `NAME_key`, `NAME_value`",
    .before =
        "struct NetImpl : torch::nn::Module {\n"
        "  torch::Tensor scores(torch::Tensor q, torch::Tensor k) { return torch::matmul(q, k); }\n"
        "  int heads;\n"
        "};\n",
    .after =
        "struct NetImpl : torch::nn::Module {\n"
        "  torch::Tensor scores(torch::Tensor q, torch::Tensor k) { return "
        "torch::matmul(scores_lhs(q), scores_rhs(k)); "
        "}\n"
        "  int heads;\n"
        "  octavo::nn::Quantizer scores_lhs = octavo::quantizer(*this, \"scores_lhs\");\n"
        "  octavo::nn::Quantizer scores_rhs = octavo::quantizer(*this, \"scores_rhs\");\n"
        "};\n",
    .lost = "the product runs in float, and no range of its operands is recorded",
    .find = find_matmuls};

}  // namespace octavo::rewriter
