// What the matmul and the layer_norm rule share: a matched call becomes a Call in the findings.
#pragma once

#include <clang/AST/ExprCXX.h>

#include <string>
#include <vector>

#include "rewriter/rules/rule.h"

namespace octavo::rewriter {

struct Argument {
  const clang::Expr* expression;
  std::string suffix;
  bool object = false;  // the x of x.matmul(y)
};

// `name` overrides the name of the variable that receives the result; "" leaves it.
// `name_suffix` is appended to that variable's name.
void add_call(const Unit& unit, const Rule& rule, const clang::CallExpr& call, const std::vector<Argument>& arguments,
              const std::string& name = {}, const std::string& name_suffix = {});
// A call that cannot be edited, for a reason.
void add_refused_call(const Unit& unit, const Rule& rule, const clang::CallExpr& call, const Stay& stays);

// Whether an expression's class is `name`, given in full: at::Tensor.
[[nodiscard]] bool has_class(const clang::Expr* expression, const char* name);

}  // namespace octavo::rewriter
