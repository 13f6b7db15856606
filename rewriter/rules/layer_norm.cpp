#include "rewriter/matchers.h"
#include "rewriter/rules/calls.h"
#include "rewriter/rules/own_class.h"
#include "rewriter/use.h"

namespace octavo::rewriter {
namespace {

using namespace clang;

const std::vector<std::string> layer_norms = {"::at::layer_norm", "::torch::nn::functional::layer_norm"};

// The two tensors of `a + b`, `torch::add(a, b)` and `a.add(b)`; none for anything else.
std::vector<const Expr*> terms(const Expr* expression) {
  std::vector<const Expr*> found;
  if (const auto* call = dyn_cast<CXXOperatorCallExpr>(expression)) {
    if (call->getOperator() == OO_Plus && call->getNumArgs() == 2) found = {call->getArg(0), call->getArg(1)};
  } else if (const auto* call = dyn_cast<CXXMemberCallExpr>(expression)) {
    const CXXMethodDecl* method = call->getMethodDecl();
    if (method && method->getQualifiedNameAsString() == "at::Tensor::add" && call->getNumArgs() > 0)
      found = {call->getImplicitObjectArgument(), call->getArg(0)};
  } else if (const auto* call = dyn_cast<CallExpr>(expression)) {
    const FunctionDecl* callee = call->getDirectCallee();
    if (callee && callee->getQualifiedNameAsString() == "at::add" && call->getNumArgs() > 1)
      found = {call->getArg(0), call->getArg(1)};
  }
  for (const Expr* term : found) {
    if (!has_class(term, "at::Tensor")) return {};
  }
  return found;
}

// The summands of a sum of tensors, left to right; the expression itself if it is none.
void add_summands(const Expr* expression, bool object, std::vector<Argument>& summands) {
  const Expr* inner = expression->IgnoreUnlessSpelledInSource()->IgnoreParens()->IgnoreUnlessSpelledInSource();
  const std::vector<const Expr*> parts = terms(inner);
  if (parts.empty()) {
    summands.push_back({expression, {}, object});
    return;
  }
  add_summands(parts[0], isa<CXXMemberCallExpr>(inner), summands);
  add_summands(parts[1], false, summands);
}

// The branch is what was just computed, the residual what skips it: the only call among variables, else the first.
void name_summands(std::vector<Argument>& summands) {
  size_t branch = 0, calls = 0;
  for (size_t i = 0; i < summands.size(); ++i) {
    if (!isa<CallExpr>(summands[i].expression->IgnoreUnlessSpelledInSource()->IgnoreParens())) continue;
    branch = calls++ == 0 ? i : 0;
  }
  size_t residuals = 0;
  for (size_t i = 0; i < summands.size(); ++i) {
    if (i == branch) {
      summands[i].suffix = "_input";
    } else {
      summands[i].suffix = ++residuals == 1 ? "_residual" : "_residual_" + std::to_string(residuals);
    }
  }
}

void add(const Unit& unit, const CallExpr& call, const Expr* input, const std::string& module) {
  std::vector<Argument> summands;
  add_summands(input, false, summands);
  name_summands(summands);
  add_call(unit, layer_norm_rule, call, summands, module, "_norm");
}

void find_layer_norms(const Unit& unit) {
  for (const Match& match : matches(run_of("LayerNorm"), unit)) {
    const auto& call = *match.getNodeAs<CallExpr>("call");
    const auto* member = dyn_cast<CXXMemberCallExpr>(&call);
    const unsigned input = member ? 0 : 1;
    if (call.getNumArgs() <= input) continue;
    const Expr* module = member ? member->getImplicitObjectArgument() : call.getArg(0);
    add(unit, call, call.getArg(input), named(module));
  }
  for (const Match& match : matches(call_of(layer_norms), unit)) {
    const auto& call = *match.getNodeAs<CallExpr>("call");
    if (call.getNumArgs() > 0) add(unit, call, call.getArg(0), {});
  }
  for (const Match& match : matches(unresolved_call_of(layer_norms), unit)) {
    const auto& call = *match.getNodeAs<CallExpr>("call");
    add_refused_call(unit, layer_norm_rule, call, {Why::dependent});
  }
  find_own_class(unit, layer_norm_rule, "LayerNorm");
}

}  // namespace

const Rule layer_norm_rule{
    .id = "OCT104",
    .name = "layer_norm",
    .kind = base::SiteKind::layer_norm,
    .matches =
        "`norm(x)`, `norm->forward(x)`, `torch::layer_norm(x, …)`, `F::layer_norm(x, …)`\n"
        "the same on a sum, `norm(x + y)`, `x.add(y)`, `torch::add(x, y)`",
    .becomes =
        "`NAME_input`\n"
        "each summand: `NAME_input`, `NAME_residual`, `NAME_residual_2`, …",
    .before =
        "struct NetImpl : torch::nn::Module {\n"
        "  torch::Tensor forward(torch::Tensor x, torch::Tensor y) { return norm(x + y); }\n"
        "  torch::nn::LayerNorm norm{nullptr};\n"
        "};\n",
    .after =
        "struct NetImpl : torch::nn::Module {\n"
        "  torch::Tensor forward(torch::Tensor x, torch::Tensor y) { return norm(norm_input(x) + norm_residual(y)); }\n"
        "  torch::nn::LayerNorm norm{nullptr};\n"
        "  octavo::nn::Quantizer norm_input = octavo::quantizer(*this, \"norm_input\");\n"
        "  octavo::nn::Quantizer norm_residual = octavo::quantizer(*this, \"norm_residual\");\n"
        "};\n",
    .lost = "what is normalised stays in float, and no range of it is recorded",
    .find = find_layer_norms};

}  // namespace octavo::rewriter
