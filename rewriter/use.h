// What an expression or a written type is for: the variable or member it ends in, and the function and class it
// stands in. Names of sites and Quantizers come from here.
//
//   auto scores = torch::matmul(q, k) / 8;    ->  name scores
//   dense = register_module("dense", Linear(4, 4));  ->  name dense, member
//   return torch::matmul(p, v);               ->  name empty
#pragma once

#include <clang/AST/ASTTypeTraits.h>
#include <clang/AST/DeclCXX.h>
#include <clang/AST/ExprCXX.h>

#include <string>
#include <vector>

#include "rewriter/unit.h"

namespace octavo::rewriter {

struct Use {
  std::string name;
  bool member = false;                            // name is a data member of `record`
  const clang::CXXRecordDecl* record = nullptr;   // the class, never a lambda's
  const clang::FunctionDecl* function = nullptr;  // the function, never a lambda's
  std::vector<const clang::LambdaExpr*> lambdas;  // those it stands in, innermost first
  bool in_initializer = false;                    // runs before the constructor's body

  [[nodiscard]] std::string module() const;         // the class's name without Impl
  [[nodiscard]] std::string function_name() const;  // empty at file or class scope
};

[[nodiscard]] Use use_of(const clang::DynTypedNode& node, const Unit& unit);

// The variable or member that an expression names, through ->, *, [] and casts; empty if it names none.
[[nodiscard]] std::string named(const clang::Expr* expression);
// `scores_` and `_scores` both give scores.
[[nodiscard]] std::string trimmed(std::string name);

}  // namespace octavo::rewriter
