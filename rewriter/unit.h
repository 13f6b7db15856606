// One parsed translation unit, as the rules see it: the syntax tree, the files that may be edited, and where to put
// what is found.
#pragma once

#include <clang/AST/ASTContext.h>
#include <clang/Basic/SourceManager.h>
#include <llvm/Support/Regex.h>

#include <string>

#include "rewriter/found.h"
#include "rewriter/paths.h"

namespace octavo::rewriter {

// Which files may be edited, and which are the user's at all.
class Scope {
 public:
  Scope(std::vector<std::string> sources, const std::string& header_filter);
  [[nodiscard]] bool editable(const std::string& path) const;
  // Editable, or lying beside or below a source: sites there get a remark instead of silence.
  [[nodiscard]] bool users(const std::string& path) const;

 private:
  std::vector<std::string> sources_;  // absolute
  mutable llvm::Regex headers_;
  bool any_header_ = false;
};

// A range of the source and, if it cannot be edited, the reason.
struct Place {
  Spot spot;
  Stay stays;
};

class Unit {
 public:
  Unit(clang::ASTContext& ast, const Scope& scope, Found& found) : ast(ast), scope(scope), found(found) {}

  // What the rules report; the same place seen from another unit counts once.
  void add(const TypeUse& type) const;
  void add(const Call& call) const;

  clang::ASTContext& ast;
  const Scope& scope;
  Found& found;

  [[nodiscard]] const clang::SourceManager& sources() const { return ast.getSourceManager(); }
  // The absolute path of the file that holds `location`; empty for built-in text.
  [[nodiscard]] std::string path(clang::SourceLocation location) const;
  // A range of tokens; remembers the file's text if it may be edited.
  [[nodiscard]] Place place(clang::SourceRange range) const;
  [[nodiscard]] std::string text(const Spot& spot) const;

 private:
  [[nodiscard]] std::string main_file() const;
};

// The absolute path of a file of this parse; empty for built-in text.
[[nodiscard]] std::string path_of(clang::FileID file, const clang::SourceManager& sources);

}  // namespace octavo::rewriter
