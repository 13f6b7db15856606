#include "rewriter/matchers.h"

namespace octavo::rewriter {

using namespace clang;
using namespace clang::ast_matchers;

namespace {

template <class Matcher>
std::vector<Match> all(const Matcher& matcher, const Unit& unit) {
  const auto found = match(traverse(TK_IgnoreUnlessSpelledInSource, matcher), unit.ast);
  return {found.begin(), found.end()};
}

std::string last_part(const std::string& name) { return name.substr(name.rfind(':') + 1); }

// Any candidate of the overloaded name `f` in `f(x)` or `x.f(y)`, or the bare name where even that is unknown.
AST_MATCHER_P(CallExpr, may_call, std::vector<std::string>, names) {
  const Expr* callee = Node.getCallee()->IgnoreParenImpCasts();
  if (const auto* overloads = dyn_cast<OverloadExpr>(callee)) {
    for (const NamedDecl* declaration : overloads->decls()) {
      const std::string full = declaration->getUnderlyingDecl()->getQualifiedNameAsString();
      if (llvm::is_contained(names, "::" + full)) return true;
    }
    return false;
  }
  const auto* member = dyn_cast<CXXDependentScopeMemberExpr>(callee);
  if (!member) return false;
  for (const std::string& name : names) {
    if (name.starts_with("::at::Tensor::") && member->getMember().getAsString() == last_part(name)) return true;
  }
  return false;
}

}  // namespace

std::vector<Match> matches(const StatementMatcher& matcher, const Unit& unit) { return all(matcher, unit); }
std::vector<Match> matches(const DeclarationMatcher& matcher, const Unit& unit) { return all(matcher, unit); }
std::vector<Match> matches(const TypeLocMatcher& matcher, const Unit& unit) { return all(matcher, unit); }

clang::ast_matchers::internal::Matcher<Expr> of_class(const std::string& name) {
  return expr(hasType(hasUnqualifiedDesugaredType(recordType(hasDeclaration(cxxRecordDecl(hasName(name)))))));
}

CallMatcher call_of(const std::vector<std::string>& names) {
  return callExpr(callee(functionDecl(clang::ast_matchers::internal::Matcher<NamedDecl>(
                      new clang::ast_matchers::internal::HasNameMatcher(names)))))
      .bind("call");
}

CallMatcher run_of(const std::string& name) {
  const std::string full = "::torch::nn::" + name;
  return callExpr(anyOf(cxxOperatorCallExpr(hasOverloadedOperatorName("()"), hasArgument(0, of_class(full))),
                        cxxMemberCallExpr(callee(cxxMethodDecl(hasName(full + "Impl::forward"))))))
      .bind("call");
}

CallMatcher unresolved_call_of(const std::vector<std::string>& names) { return callExpr(may_call(names)).bind("call"); }

DeclarationMatcher own_class(const std::string& name) {
  return cxxRecordDecl(isDefinition(), anyOf(hasName(name), hasName(name + "Impl")),
                       unless(hasAncestor(namespaceDecl(hasName("::torch::nn")))), unless(isImplicit()))
      .bind("class");
}

}  // namespace octavo::rewriter
