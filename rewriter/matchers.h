// Names for what the rules look for, all by canonical declaration: an alias, a using-declaration or an own class of
// the same name changes nothing.
#pragma once

#include <clang/ASTMatchers/ASTMatchFinder.h>
#include <clang/ASTMatchers/ASTMatchers.h>

#include <string>
#include <vector>

#include "rewriter/unit.h"

namespace octavo::rewriter {

using Match = clang::ast_matchers::BoundNodes;
using CallMatcher = clang::ast_matchers::StatementMatcher;

// All matches in the unit's files, only of nodes that are spelled in the source, template patterns once.
[[nodiscard]] std::vector<Match> matches(const clang::ast_matchers::StatementMatcher& matcher, const Unit& unit);
[[nodiscard]] std::vector<Match> matches(const clang::ast_matchers::DeclarationMatcher& matcher, const Unit& unit);
[[nodiscard]] std::vector<Match> matches(const clang::ast_matchers::TypeLocMatcher& matcher, const Unit& unit);

// The nodes of one kind at or below an expression, in source order.
template <class Node>
[[nodiscard]] std::vector<const Node*> matches_in(const clang::Expr* expression, const Unit& unit) {
  using namespace clang::ast_matchers;
  const internal::VariadicDynCastAllOfMatcher<clang::Stmt, Node> node;
  std::vector<const Node*> found;
  for (const Match& match : match(findAll(expr(node().bind("node"))), *expression, unit.ast))
    found.push_back(match.template getNodeAs<Node>("node"));
  return found;
}

// An expression whose type is the class, by its full name, whatever sugar it is written in.
[[nodiscard]] clang::ast_matchers::internal::Matcher<clang::Expr> of_class(const std::string& name);
// A call of one of these functions or member functions, by full name, bound as "call".
[[nodiscard]] CallMatcher call_of(const std::vector<std::string>& names);
// `module(x)` or `module->forward(x)`, where module is a torch::nn::NAME, bound as "call".
[[nodiscard]] CallMatcher run_of(const std::string& name);
// A call that names one of these functions but is resolved only when a template is instantiated, bound as "call".
[[nodiscard]] CallMatcher unresolved_call_of(const std::vector<std::string>& names);
// The user's own module class of this name (or nameImpl), bound as "class".
[[nodiscard]] clang::ast_matchers::DeclarationMatcher own_class(const std::string& name);

}  // namespace octavo::rewriter
