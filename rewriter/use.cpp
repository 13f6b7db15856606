#include "rewriter/use.h"

#include <clang/AST/ParentMapContext.h>

namespace octavo::rewriter {
namespace {

using namespace clang;

struct Name {
  std::string text;
  bool member = false;
};

bool is_member(const Expr* expression) {
  expression = expression->IgnoreUnlessSpelledInSource();
  if (const auto* member = dyn_cast<MemberExpr>(expression))
    return isa<CXXThisExpr>(member->getBase()->IgnoreImpCasts());
  return false;
}

// The position of `child` among a call's arguments, -1 if it is none of them.
template <class Call>
int argument_index(const Call* call, const Stmt* child) {
  for (unsigned i = 0; i < call->getNumArgs(); ++i) {
    if (call->getArg(i) == child) return static_cast<int>(i);
  }
  return -1;
}

std::string literal(const Expr* expression) {
  const Expr* inner = expression->IgnoreUnlessSpelledInSource();
  while (const auto* construct = dyn_cast<CXXConstructExpr>(inner)) {
    if (construct->getNumArgs() == 0) break;
    inner = construct->getArg(0)->IgnoreUnlessSpelledInSource();
  }
  const auto* string = dyn_cast<StringLiteral>(inner);
  return string && string->isOrdinary() ? string->getString().str() : std::string();
}

// `x = child`, `x += child`
Name assigned(const Expr* parent, const Stmt* child) {
  if (const auto* binary = dyn_cast<BinaryOperator>(parent)) {
    if (binary->isAssignmentOp() && binary->getRHS() == child)
      return {named(binary->getLHS()), is_member(binary->getLHS())};
  }
  if (const auto* call = dyn_cast<CXXOperatorCallExpr>(parent)) {
    if (call->isAssignmentOp() && argument_index(call, child) == 1)
      return {named(call->getArg(0)), is_member(call->getArg(0))};
  }
  return {};
}

// The method of `object.method(child)`; empty for any other expression.
std::string method(const Expr* parent, const Stmt* child) {
  const auto* call = dyn_cast<CXXMemberCallExpr>(parent);
  if (!call || argument_index(call, child) < 0 || !call->getMethodDecl()) return {};
  return call->getMethodDecl()->getNameAsString();
}

// `module(child)`, `module->forward(child)`
std::string run_by(const Expr* parent, const Stmt* child) {
  if (const auto* call = dyn_cast<CXXOperatorCallExpr>(parent)) {
    if (call->getOperator() == OO_Call && argument_index(call, child) > 0) return named(call->getArg(0));
  }
  if (method(parent, child) != "forward") return {};
  return named(cast<CXXMemberCallExpr>(parent)->getImplicitObjectArgument());
}

// `list->push_back(child)`, `list->push_back("key", child)`
Name stored(const Expr* parent, const Stmt* child) {
  const std::string called = method(parent, child);
  if (called != "push_back" && called != "emplace_back") return {};
  const auto* call = cast<CXXMemberCallExpr>(parent);
  Name name{named(call->getImplicitObjectArgument()), is_member(call->getImplicitObjectArgument())};
  const std::string key = call->getNumArgs() == 2 ? literal(call->getArg(0)) : std::string();
  if (!name.text.empty() && !key.empty()) name.text += "." + key;
  return name;
}

// `T x = child`, `T x{child}` as variable or member, `: x(child)` in a constructor
Name initialised(const Decl* parent, const Stmt* child) {
  if (isa<ParmVarDecl>(parent)) return {};
  if (const auto* bindings = dyn_cast<DecompositionDecl>(parent))
    return {bindings->bindings().empty() ? "" : bindings->bindings()[0]->getNameAsString()};
  if (const auto* variable = dyn_cast<VarDecl>(parent)) {
    return {variable->getName().starts_with("__") ? "" : variable->getNameAsString()};
  }
  if (const auto* field = dyn_cast<FieldDecl>(parent)) return {field->getNameAsString(), true};
  if (const auto* constructor = dyn_cast<CXXConstructorDecl>(parent)) {
    for (const CXXCtorInitializer* initializer : constructor->inits()) {
      if (initializer->getInit() == child && initializer->isAnyMemberInitializer())
        return {initializer->getAnyMember()->getNameAsString(), true};
    }
  }
  return {};
}

// The place in `torch::nn::Sequential(a, b, c)`: the elements are registered by their position.
std::string position(const Stmt* parent, const Stmt* child) {
  const auto* construct = dyn_cast<CXXConstructExpr>(parent);
  if (!construct || construct->getNumArgs() < 2) return {};
  const std::string type = construct->getConstructor()->getParent()->getQualifiedNameAsString();
  if (type != "torch::nn::Sequential" && type != "torch::nn::ModuleList") return {};
  const int index = argument_index(construct, child);
  return index < 0 ? std::string() : "." + std::to_string(index);
}

// A declared type: `torch::nn::Linear a{nullptr}`.
Name declared(const Decl* parent) {
  if (const auto* field = dyn_cast<FieldDecl>(parent)) return {field->getNameAsString(), true};
  if (isa<VarDecl, TypedefNameDecl>(parent)) return {cast<NamedDecl>(parent)->getNameAsString()};
  return {};
}

bool is_lambda(const Decl* declaration) {
  const auto* method = dyn_cast<CXXMethodDecl>(declaration);
  const auto* record = dyn_cast<CXXRecordDecl>(declaration);
  return (method && method->getParent()->isLambda()) || (record && record->isLambda());
}

// Collects what the climb from a node to the translation unit passes.
class Climb {
 public:
  void step(const DynTypedNode& parent, const DynTypedNode& child) {
    const Stmt* below = child.get<Stmt>();
    if (const auto* statement = parent.get<Stmt>()) {
      if (const auto* lambda = dyn_cast<LambdaExpr>(statement)) use.lambdas.push_back(lambda);
      if (use.name.empty()) take_statement(statement, below);
    } else if (const auto* declaration = parent.get<Decl>()) {
      take_declaration(declaration, below);
    }
  }
  Use finish() {
    if (use.name.empty()) use.name = key_.empty() ? module_ : key_;
    if (!use.name.empty()) use.name += suffix_;
    return use;
  }
  Use use;

 private:
  std::string key_, module_, suffix_;  // the name registered, the module that gets it, the position in a list

  void take(Name name) {
    if (!use.name.empty() || name.text.empty()) return;
    use.name = std::move(name.text);
    use.member = name.member;
  }
  void take_statement(const Stmt* parent, const Stmt* child) {
    const auto* expression = dyn_cast<Expr>(parent);
    if (!expression || !child) return;
    if (suffix_.empty()) suffix_ = position(parent, child);
    take(assigned(expression, child));
    take(stored(expression, child));
    if (module_.empty()) module_ = run_by(expression, child);
    const auto* call = dyn_cast<CallExpr>(expression);
    if (call && call->getDirectCallee() && call->getDirectCallee()->getDeclName().isIdentifier() &&
        call->getDirectCallee()->getName() == "register_module" && call->getNumArgs() > 0 && key_.empty())
      key_ = literal(call->getArg(0));
  }
  void take_declaration(const Decl* parent, const Stmt* child) {
    if (is_lambda(parent)) return;
    if (!use.function && !use.record) take(child ? initialised(parent, child) : declared(parent));
    const bool initializer =
        isa<FieldDecl>(parent) || (child && isa<CXXConstructorDecl>(parent) && !isa<CompoundStmt, CXXTryStmt>(child));
    if (initializer && child && use.lambdas.empty() && !use.function) use.in_initializer = true;
    if (const auto* function = dyn_cast<FunctionDecl>(parent); function && !use.function) {
      use.function = function;
      if (const auto* method = dyn_cast<CXXMethodDecl>(function); method && !use.record)
        use.record = method->getParent();
    }
    if (const auto* record = dyn_cast<CXXRecordDecl>(parent); record && !use.record) use.record = record;
  }
};

}  // namespace

std::string Use::module() const {
  if (!record) return {};
  std::string name = record->getNameAsString();
  if (name.size() > 4 && name.ends_with("Impl")) name.resize(name.size() - 4);
  return name;
}

std::string Use::function_name() const {
  if (!function) return {};
  if (isa<clang::CXXConstructorDecl>(function)) return module();
  return function->getDeclName().isIdentifier() ? function->getNameAsString() : "call";
}

Use use_of(const DynTypedNode& node, const Unit& unit) {
  Climb climb;
  DynTypedNode child = node;
  for (DynTypedNodeList parents = unit.ast.getParents(child); !parents.empty(); parents = unit.ast.getParents(child)) {
    const DynTypedNode parent = parents[0];
    climb.step(parent, child);
    child = parent;
  }
  return climb.finish();
}

std::string named(const Expr* expression) {
  expression = expression->IgnoreUnlessSpelledInSource();
  if (const auto* reference = dyn_cast<DeclRefExpr>(expression)) return reference->getDecl()->getNameAsString();
  if (const auto* member = dyn_cast<MemberExpr>(expression)) {
    if (isa<FieldDecl>(member->getMemberDecl())) return member->getMemberDecl()->getNameAsString();
    return named(member->getBase());
  }
  if (const auto* unary = dyn_cast<UnaryOperator>(expression)) return named(unary->getSubExpr());
  if (const auto* subscript = dyn_cast<ArraySubscriptExpr>(expression)) return named(subscript->getBase());
  if (const auto* call = dyn_cast<CXXMemberCallExpr>(expression)) return named(call->getImplicitObjectArgument());
  if (const auto* call = dyn_cast<CXXOperatorCallExpr>(expression)) return named(call->getArg(0));
  if (const auto* paren = dyn_cast<ParenExpr>(expression)) return named(paren->getSubExpr());
  return {};
}

std::string trimmed(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  while (name.size() > 1 && name.back() == '_') name.pop_back();
  while (name.size() > 1 && name.front() == '_') name.erase(0, 1);
  return name;
}

}  // namespace octavo::rewriter
