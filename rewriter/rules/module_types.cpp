#include "rewriter/rules/module_types.h"

#include <clang/AST/ParentMapContext.h>

#include <algorithm>

#include "rewriter/matchers.h"
#include "rewriter/rules/own_class.h"
#include "rewriter/use.h"

namespace octavo::rewriter {
namespace {

using namespace clang;
using namespace clang::ast_matchers;

// The part of a full name after torch::nn::, for the class and its implementation; empty for any other type.
std::string module_class(QualType type, const std::string& name) {
  const CXXRecordDecl* record = type->getAsCXXRecordDecl();
  if (!record || (record->getName() != name && record->getName() != name + "Impl")) return {};
  const std::string full = record->getQualifiedNameAsString();
  return full == "torch::nn::" + name || full == "torch::nn::" + name + "Impl" ? record->getNameAsString()
                                                                               : std::string();
}

// An alias is edited where it is declared, if that file may be edited: then its uses follow by themselves.
bool follows_alias(const TypeLoc& type, const Unit& unit) {
  const auto alias = type.getAs<TypedefTypeLoc>();
  return alias && unit.scope.editable(unit.path(alias.getTypedefNameDecl()->getLocation()));
}

bool is_type_test(StringRef name) {
  return name == "as" || name == "at" || name == "ptr" || name == "is" || name == "dynamic_pointer_cast" ||
         name == "static_pointer_cast";
}

// Casts and tests look for the original type, and find its quantised descendant too.
bool is_cast(const DynTypedNode& around) {
  if (const auto* cast = around.get<ExplicitCastExpr>()) return !isa<CXXFunctionalCastExpr>(cast);
  if (const auto* reference = around.get<DeclRefExpr>()) return is_type_test(reference->getDecl()->getName());
  if (const auto* member = around.get<MemberExpr>()) {
    const NamedDecl* declaration = member->getMemberDecl();
    return declaration->getDeclName().isIdentifier() && is_type_test(declaration->getName());
  }
  if (const auto* member = around.get<CXXDependentScopeMemberExpr>())
    return is_type_test(member->getMember().getAsString());
  if (const auto* member = around.get<UnresolvedMemberExpr>())
    return is_type_test(member->getMemberName().getAsString());
  return false;
}

// What a written type is part of: the declaration or expression around it.
DynTypedNode around_type(const DynTypedNode& node, const Unit& unit) {
  DynTypedNode around = node;
  while (around.get<TypeLoc>()) {
    const DynTypedNodeList parents = unit.ast.getParents(around);
    if (parents.empty()) break;
    around = parents[0];
  }
  return around;
}

// Whether `call` hands on the module that `inner` leads to: it is the cast itself, `holder->`, or `*pointer`.
bool hands_on(const CallExpr* call, const Expr* inner) {
  if (const auto* op = dyn_cast<CXXOperatorCallExpr>(call))
    return (op->getOperator() == OO_Arrow || op->getOperator() == OO_Star) && op->getArg(0) == inner;
  return call->getCallee() == inner;
}

// `list[i]->as<torch::nn::Linear>()->forward(x)`, `list->at<LinearImpl>(i).forward(x)`
bool is_run(const DynTypedNode& cast, const Unit& unit) {
  const auto* inner = cast.get<Expr>();
  while (inner != nullptr) {
    const DynTypedNodeList parents = unit.ast.getParents(*inner);
    const auto* outer = parents.empty() ? nullptr : parents[0].get<Expr>();
    if (outer == nullptr) return false;
    if (const auto* member = dyn_cast<MemberExpr>(outer)) {
      const DeclarationName name = member->getMemberDecl()->getDeclName();
      return name.isIdentifier() && member->getMemberDecl()->getName() == "forward";
    }
    const auto* call = dyn_cast<CallExpr>(outer);
    if (call != nullptr && !hands_on(call, inner)) return false;
    inner = outer;
  }
  return false;
}

Stay why_it_stays(const DynTypedNode& node, const Unit& unit) {
  const DynTypedNode around = around_type(node, unit);
  if (is_cast(around)) return {Why::type_test};
  if (around.get<CXXRecordDecl>()) return {Why::base_class};
  return {};
}

std::string id_of(const Use& use, const std::string& otherwise) {
  std::string id = use.module();
  const auto append = [&](const std::string& part) { id += (id.empty() || part.empty() ? "" : ".") + part; };
  if (!use.member && use.function && !isa<CXXConstructorDecl>(use.function)) append(use.function_name());
  append(use.name);
  return id.empty() ? otherwise : id;
}

std::string definition_of(const CXXRecordDecl* record, const Unit& unit) {
  if (!record) return {};
  const CXXRecordDecl* definition = record->getDefinition() ? record->getDefinition() : record;
  const Spot spot = unit.place(definition->getLocation()).spot;
  return spot.file + ":" + std::to_string(spot.begin);
}

void skip_global_colons(Spot& spot, const Unit& unit) {
  if (!unit.text(spot).starts_with("::")) return;
  spot.begin += 2;
  spot.column += 2;
}

void add(const Unit& unit, const Rule& rule, const DynTypedNode& node, SourceRange range, const std::string& found,
         const Stay& stays = {}) {
  Place place = unit.place(range);
  if (!unit.scope.users(place.spot.file)) return;
  const Use use = use_of(node, unit);
  TypeUse type;
  type.kind = rule.kind;
  type.rule = rule.id;
  type.module = use.module();
  type.id = id_of(use, found);
  type.home = definition_of(use.record, unit);
  type.replacement = "octavo::nn::Quant" + found;
  type.stays = stays.empty() ? place.stays : stays;
  if (type.stays.empty()) {
    skip_global_colons(place.spot, unit);
    type.stays = why_it_stays(node, unit);
    type.binding = type.stays.empty();
    const DynTypedNode around = around_type(node, unit);
    type.cast = is_cast(around);
    type.runs = type.cast && is_run(around, unit);
  }
  type.spot = place.spot;
  unit.add(type);
}

}  // namespace

void find_module_types(const Unit& unit, const Rule& rule, const std::string& name) {
  for (const Match& match : matches(elaboratedTypeLoc().bind("type"), unit)) {
    const auto& type = *match.getNodeAs<ElaboratedTypeLoc>("type");
    const std::string found = module_class(type.getType(), name);
    if (found.empty() || follows_alias(type.getNamedTypeLoc(), unit)) continue;
    const NestedNameSpecifierLoc qualifier = type.getQualifierLoc();
    const SourceLocation begin = qualifier ? qualifier.getBeginLoc() : type.getNamedTypeLoc().getBeginLoc();
    add(unit, rule, DynTypedNode::create<TypeLoc>(type), {begin, type.getEndLoc()}, found);
  }
  // torch::nn::Embedding::from_pretrained(...)
  for (const Match& match : matches(declRefExpr().bind("name"), unit)) {
    const auto& reference = *match.getNodeAs<DeclRefExpr>("name");
    const NestedNameSpecifierLoc qualifier = reference.getQualifierLoc();
    const TypeLoc type = qualifier ? qualifier.getTypeLoc() : TypeLoc();
    if (!type || follows_alias(type, unit) || module_class(type.getType(), name) != name) continue;
    add(unit, rule, DynTypedNode::create<Stmt>(reference), {qualifier.getBeginLoc(), type.getEndLoc()}, name);
  }
  find_own_class(unit, rule, name);
}

void find_unquantised_modules(const Unit& unit, const Rule& rule, std::span<const char* const> names,
                              const Stay& stays) {
  for (const Match& match : matches(elaboratedTypeLoc().bind("type"), unit)) {
    const auto& type = *match.getNodeAs<ElaboratedTypeLoc>("type");
    const auto name =
        std::ranges::find_if(names, [&](const char* n) { return !module_class(type.getType(), n).empty(); });
    if (name == names.end()) continue;
    // A construction is there because of a member or a variable, which is named already.
    const DynTypedNodeList parents = unit.ast.getParents(type);
    if (parents.empty() || parents[0].get<DeclaratorDecl>() == nullptr) continue;
    add(unit, rule, DynTypedNode::create<TypeLoc>(type), type.getSourceRange(), *name, stays);
  }
}

}  // namespace octavo::rewriter
