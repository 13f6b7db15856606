#include "rewriter/rules/calls.h"

#include <clang/Lex/Lexer.h>

#include "rewriter/home.h"
#include "rewriter/tokens.h"
#include "rewriter/use.h"

namespace octavo::rewriter {
namespace {

using namespace clang;

// `scores_lhs(x)` or `scores_lhs->forward(x)`, where scores_lhs is a Quantizer.
bool is_quantized(const Expr* expression) {
  expression = expression->IgnoreUnlessSpelledInSource()->IgnoreParenImpCasts();
  if (const auto* call = dyn_cast<CXXOperatorCallExpr>(expression))
    return call->getOperator() == OO_Call && has_class(call->getArg(0), "octavo::nn::Quantizer");
  const auto* call = dyn_cast<CXXMemberCallExpr>(expression);
  const CXXMethodDecl* method = call ? call->getMethodDecl() : nullptr;
  return method && method->getQualifiedNameAsString() == "octavo::nn::QuantizerImpl::forward";
}

// An operand that is one whole use of a macro is wrapped as such: matmul(q, SCALED(k)).
SourceRange unexpanded(SourceRange range, const Unit& unit) {
  const LangOptions& language = unit.ast.getLangOpts();
  const bool whole = range.getBegin().isMacroID() && range.getEnd().isMacroID() &&
                     Lexer::isAtStartOfMacroExpansion(range.getBegin(), unit.sources(), language) &&
                     Lexer::isAtEndOfMacroExpansion(range.getEnd(), unit.sources(), language);
  return whole ? unit.sources().getExpansionRange(range).getAsRange() : range;
}

// The parentheses of (a + b).matmul(c) can serve as the Quantizer's; those of (a).matmul(c) could not be told from
// none when the edit is reversed.
bool brings_parentheses(const Argument& argument, const std::string& text) {
  if (!argument.object || !isa<ParenExpr>(argument.expression->IgnoreImplicit())) return false;
  return text.size() > 2 && text.front() == '(' && needs_parentheses(text.substr(1, text.size() - 2));
}

Call describe(const Unit& unit, const Rule& rule, const CallExpr& expression, const Use& use) {
  const Place place = unit.place(expression.getSourceRange());
  Call call;
  call.spot = place.spot;
  call.kind = rule.kind;
  call.rule = rule.id;
  call.module = use.module();
  call.function = use.function_name();
  call.name = use.name;
  call.stays = place.stays;
  if (call.name.empty()) call.name = call.function == "forward" ? "output" : call.function;
  return call;
}

void add_operand(const Unit& unit, const Argument& argument, Call& call) {
  if (is_quantized(argument.expression)) return;
  const Expr* expression = argument.expression->IgnoreImplicit();
  const Place place = unit.place(unexpanded(expression->getSourceRange(), unit));
  if (call.stays.empty()) call.stays = place.stays;
  call.operands.push_back({place.spot, argument.suffix, brings_parentheses(argument, unit.text(place.spot))});
}

}  // namespace

bool has_class(const Expr* expression, const char* name) {
  const CXXRecordDecl* record = expression->IgnoreUnlessSpelledInSource()->getType()->getAsCXXRecordDecl();
  return record && record->getQualifiedNameAsString() == name;
}

void add_call(const Unit& unit, const Rule& rule, const CallExpr& expression, const std::vector<Argument>& arguments,
              const std::string& name, const std::string& name_suffix) {
  const Use use = use_of(DynTypedNode::create<Stmt>(expression), unit);
  Call call = describe(unit, rule, expression, use);
  if (!unit.scope.users(call.spot.file)) return;
  if (!name.empty()) call.name = name;
  call.name = trimmed(call.name);
  if (call.name.find("norm") == std::string::npos) call.name += name_suffix;
  for (const Argument& argument : arguments) add_operand(unit, argument, call);
  if (call.operands.empty()) return;  // rewritten before
  if (call.stays.empty()) {
    const Home home = home_of(use, unit);
    call.owner = home.owner;
    call.is_const = home.is_const;
    call.stays = home.stays;
  }
  unit.add(call);
}

void add_refused_call(const Unit& unit, const Rule& rule, const CallExpr& expression, const Stay& stays) {
  Call call = describe(unit, rule, expression, use_of(DynTypedNode::create<Stmt>(expression), unit));
  if (!unit.scope.users(call.spot.file)) return;
  call.name = trimmed(call.name);
  if (call.stays.empty()) call.stays = stays;
  unit.add(call);
}

}  // namespace octavo::rewriter
