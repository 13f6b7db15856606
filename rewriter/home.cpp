#include "rewriter/home.h"

#include <clang/AST/RecursiveASTVisitor.h>
#include <clang/Lex/Lexer.h>

namespace octavo::rewriter {
namespace {

using namespace clang;

// A dependent base such as Cloneable<Attention<T>> has no declaration yet, but its template does.
const CXXRecordDecl* base_record(const CXXBaseSpecifier& base) {
  if (const CXXRecordDecl* record = base.getType()->getAsCXXRecordDecl()) return record;
  const auto* special = base.getType()->getAs<TemplateSpecializationType>();
  const auto* pattern =
      special ? dyn_cast_or_null<ClassTemplateDecl>(special->getTemplateName().getAsTemplateDecl()) : nullptr;
  return pattern ? pattern->getTemplatedDecl() : nullptr;
}

// Visits the class and its bases until `visit` returns true.
template <class Visit>
bool any_base(const CXXRecordDecl* record, const Visit& visit) {
  record = record ? record->getDefinition() : nullptr;
  if (!record) return false;
  if (visit(record)) return true;
  for (const CXXBaseSpecifier& base : record->bases()) {
    if (any_base(base_record(base), visit)) return true;
  }
  return false;
}

void take_names(const CXXRecordDecl* record, std::set<std::string>& taken) {
  any_base(record, [&](const CXXRecordDecl* base) {
    for (const Decl* declaration : base->decls()) {
      if (const auto* name = dyn_cast<NamedDecl>(declaration)) taken.insert(name->getNameAsString());
    }
    return false;
  });
}

// Variables of a function hide members: a Quantizer must not carry the name of one.
struct VariableNames : RecursiveASTVisitor<VariableNames> {
  std::set<std::string>& taken;
  explicit VariableNames(std::set<std::string>& taken) : taken(taken) {}
  bool VisitVarDecl(VarDecl* variable) { return taken.insert(variable->getNameAsString()), true; }
  bool VisitBindingDecl(BindingDecl* binding) { return taken.insert(binding->getNameAsString()), true; }
};

std::string indentation(const std::string& text, size_t offset) {
  const size_t line = offset == 0 ? 0 : text.rfind('\n', offset - 1) + 1;
  return text.substr(line, std::min(text.find_first_not_of(" \t", line), offset) - line);
}

// Sets the place and the text around a member that follows the token ending at `offset`.
void after_token(const std::string& text, size_t offset, const std::string& indent, Owner& owner) {
  const size_t newline = text.find('\n', offset);
  const size_t rest = text.find_first_not_of(" \t\r", offset);
  const bool comment = rest != std::string::npos && text.compare(rest, 2, "//") == 0;
  if (newline == std::string::npos || (rest != std::string::npos && rest < newline && !comment)) {
    owner.spot.begin = owner.spot.end = offset;
    owner.before = " ";
    return;
  }
  const bool crlf = newline > 0 && text[newline - 1] == '\r';
  owner.spot.begin = owner.spot.end = newline - (crlf ? 1 : 0);
  owner.before = (crlf ? "\r\n" : "\n") + indent;
}

// After the last data member that is spelled in the class itself.
bool after_last_field(const CXXRecordDecl* record, const Unit& unit, const std::string& text, Owner& owner) {
  const FieldDecl* last = nullptr;
  for (const FieldDecl* field : record->fields()) last = field;
  if (!last || last->getBeginLoc().isMacroID() || last->getEndLoc().isMacroID()) return false;
  const auto semicolon = Lexer::findNextToken(last->getEndLoc(), unit.sources(), unit.ast.getLangOpts());
  if (!semicolon || semicolon->isNot(tok::semi)) return false;
  const auto [begin_file, begin] = unit.sources().getDecomposedLoc(last->getBeginLoc());
  const auto [end_file, end] = unit.sources().getDecomposedLoc(semicolon->getEndLoc());
  if (begin_file != end_file) return false;
  after_token(text, end, indentation(text, begin), owner);
  return true;
}

// Before the closing brace of a class without data members.
void before_brace(const CXXRecordDecl* record, const Unit& unit, const std::string& text, Owner& owner) {
  const size_t brace = unit.sources().getFileOffset(record->getBraceRange().getEnd());
  const size_t last = text.find_last_not_of(" \t\r\n", brace - 1);
  const size_t line = text.rfind('\n', brace);
  if (line == std::string::npos || line < last) {
    owner.spot.begin = owner.spot.end = last + 1;
    owner.before = " ";
    return;
  }
  const bool crlf = line > 0 && text[line - 1] == '\r';
  owner.spot.begin = owner.spot.end = line - (crlf ? 1 : 0);
  owner.before = (crlf ? "\r\n" : "\n") + indentation(text, brace) + "  ";
}

Stay why_no_home(const Use& use) {
  const auto* method = dyn_cast_or_null<CXXMethodDecl>(use.function);
  if (use.in_initializer) return {Why::initializer};
  if (!method) return {Why::free_function};
  if (method->isStatic()) return {Why::static_function};
  if (!is_module(use.record)) return {Why::no_module, use.record->getNameAsString()};
  for (const LambdaExpr* lambda : use.lambdas) {
    bool reaches = lambda->getCaptureDefault() != LCD_None;
    for (const LambdaCapture& capture : lambda->captures()) reaches = reaches || capture.capturesThis();
    if (!reaches) return {Why::lambda};
  }
  return {};
}

}  // namespace

bool is_module(const CXXRecordDecl* record) {
  return any_base(record,
                  [](const CXXRecordDecl* base) { return base->getQualifiedNameAsString() == "torch::nn::Module"; });
}

Home home_of(const Use& use, const Unit& unit) {
  Home home;
  home.stays = why_no_home(use);
  if (!home.stays.empty()) return home;
  const CXXRecordDecl* record = use.record->getDefinition();
  Place place = unit.place(record->getBraceRange());
  if (!place.stays.empty()) {
    home.stays = {Why::class_place, record->getNameAsString() + " is " + place.stays.text(), place.stays.fix_text()};
    return home;
  }
  home.is_const = cast<CXXMethodDecl>(use.function)->isConst();
  home.owner = place.spot.file + ":" + std::to_string(place.spot.begin);
  const auto [entry, added] = unit.found.owners.try_emplace(home.owner);
  Owner& owner = entry->second;
  if (added) {
    owner.spot = place.spot;
    const std::string& text = unit.found.texts[place.spot.file];
    if (!after_last_field(record, unit, text, owner)) before_brace(record, unit, text, owner);
    take_names(record, owner.taken);
  }
  VariableNames(owner.taken).TraverseDecl(const_cast<FunctionDecl*>(use.function));
  return home;
}

}  // namespace octavo::rewriter
