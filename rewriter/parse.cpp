#include "rewriter/parse.h"

#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendAction.h>
#include <clang/Frontend/TextDiagnosticPrinter.h>
#include <clang/Lex/PPCallbacks.h>
#include <clang/Lex/Preprocessor.h>
#include <clang/Sema/Sema.h>
#include <clang/Tooling/Tooling.h>
#include <llvm/Support/raw_ostream.h>

#include "rewriter/flags.h"
#include "rewriter/rules/rules.h"
#include "rewriter/tokens.h"
#include "rewriter/unit.h"

namespace octavo::rewriter {
namespace {

using namespace clang;

// Text that was not parsed can only be judged by its words.
bool may_hold_sites(const std::string& text) {
  static const std::set<std::string> words = {"torch",  "nn",        "register_module", "matmul",    "bmm",
                                              "einsum", "Embedding", "Linear",          "LayerNorm", "layer_norm"};
  for (const rewriter::Token& token : tokens_of(text)) {
    if (token.identifier && words.contains(token.text)) return true;
  }
  return false;
}

// Remembers #if regions that this unit leaves out, and which of them may hold sites.
class LeftOut : public PPCallbacks {
 public:
  LeftOut(const SourceManager& sources, const Scope& scope, Found& found)
      : sources_(sources), scope_(scope), found_(found) {}

  void SourceRangeSkipped(SourceRange range, SourceLocation) override {
    const auto [file, begin] = sources_.getDecomposedLoc(range.getBegin());
    const size_t end = sources_.getFileOffset(range.getEnd());
    const std::string path = path_of(file, sources_);
    if (end <= begin || !scope_.editable(path)) return;
    const Spot spot{path, begin, end, static_cast<int>(sources_.getLineNumber(file, begin)),
                    static_cast<int>(sources_.getColumnNumber(file, begin))};
    const std::string unit = path_of(sources_.getMainFileID(), sources_);
    found_.hidden[unit].insert(spot);
    if (!may_hold_sites(sources_.getBufferData(file).substr(begin, end - begin).str())) return;
    found_.texts[path] = sources_.getBufferData(file).str();
    found_.left_out[spot].insert(unit);
  }

 private:
  const SourceManager& sources_;
  const Scope& scope_;
  Found& found_;
};

class Consumer : public ASTConsumer {
 public:
  Consumer(CompilerInstance& compiler, const Scope& scope, Found& found)
      : compiler_(compiler), scope_(scope), found_(found) {}

  // Declarations out of a precompiled header do not come through here, so it stays on disk.
  bool HandleTopLevelDecl(DeclGroupRef group) override {
    for (Decl* declaration : group) {
      if (is_users(declaration->getLocation())) declarations_.push_back(declaration);
    }
    return true;
  }

  void HandleTranslationUnit(ASTContext& ast) override {
    instantiate_users_templates(compiler_.getSema());
    if (compiler_.getDiagnostics().hasErrorOccurred()) return;  // a broken tree would be matched in part, silently
    ast.setTraversalScope(declarations_);
    const Unit unit(ast, scope_, found_);
    for (const Rule* rule : rules()) rule->find(unit);
    const std::string main = path_of(compiler_.getSourceManager().getMainFileID(), compiler_.getSourceManager());
    for (const std::string& file : files_) found_.units[file].insert(main);
  }

 private:
  CompilerInstance& compiler_;
  const Scope& scope_;
  Found& found_;
  std::vector<Decl*> declarations_;
  std::map<FileID, bool> known_;
  std::set<std::string> files_;

  // Errors in them are errors of the source. What they need of LibTorch's in turn stays a declaration.
  void instantiate_users_templates(Sema& sema) {
    for (size_t i = 0; i < sema.PendingInstantiations.size(); ++i) {  // grows on the way
      const auto [value, place] = sema.PendingInstantiations[i];
      auto* function = dyn_cast<FunctionDecl>(value);
      const FunctionDecl* pattern = function ? function->getTemplateInstantiationPattern() : nullptr;
      if (pattern && is_users(pattern->getLocation()))
        sema.InstantiateFunctionDefinition(place, function, /*Recursive=*/false, /*DefinitionRequired=*/true,
                                           /*AtEndOfTU=*/true);
    }
  }

  bool is_users(SourceLocation location) {
    const SourceManager& sources = compiler_.getSourceManager();
    const FileID file = sources.getFileID(sources.getFileLoc(location));
    const auto [entry, added] = known_.try_emplace(file, false);
    if (added) {
      const std::string path = path_of(file, sources);
      entry->second = scope_.users(path);
      if (scope_.editable(path)) {
        files_.insert(path);
        found_.texts[path] = sources.getBufferData(file).str();
      }
    }
    return entry->second;
  }
};

class Action : public ASTFrontendAction {
 public:
  Action(const Scope& scope, Found& found) : scope_(scope), found_(found) {}
  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance& compiler, StringRef) override {
    compiler.getPreprocessor().addPPCallbacks(std::make_unique<LeftOut>(compiler.getSourceManager(), scope_, found_));
    return std::make_unique<Consumer>(compiler, scope_, found_);
  }
  // Only at the end of a whole unit does Clang instantiate the bodies of all templates, and LibTorch's are three quarters of
  // the time of a model. The Consumer asks for the user's own.
  TranslationUnitKind getTranslationUnitKind() override { return TU_Prefix; }

 private:
  const Scope& scope_;
  Found& found_;
};

class Factory : public tooling::FrontendActionFactory {
 public:
  Factory(const Scope& scope, Found& found) : scope_(scope), found_(found) {}
  std::unique_ptr<FrontendAction> create() override { return std::make_unique<Action>(scope_, found_); }

 private:
  const Scope& scope_;
  Found& found_;
};

std::vector<std::string> absolute_sources(const Options& options) {
  std::vector<std::string> paths;
  for (const std::string& source : options.sources) {
    paths.push_back(real_path(source));
    if (!options.memory.contains(paths.back()) && !std::filesystem::exists(paths.back()))
      throw base::Error(base::Exit::usage, {source}, "no such file");
  }
  if (paths.empty()) throw base::Error(base::Exit::usage, {}, "no source to rewrite");
  return paths;
}

}  // namespace

Parsed parse_and_find(const Options& options) {
  const std::vector<std::string> paths = absolute_sources(options);
  std::string error;
  if (!options.header_filter.empty() && !llvm::Regex(options.header_filter).isValid(error))
    throw base::Error(base::Exit::usage, {}, "--header-filter '" + options.header_filter + "': " + error);

  Parsed parsed;
  const Scope scope(paths, options.header_filter);
  const auto database = compilation_database(options, paths, parsed.diagnostics);
  llvm::raw_string_ostream messages(parsed.diagnostics);
  llvm::IntrusiveRefCntPtr<DiagnosticOptions> style = new DiagnosticOptions();
  TextDiagnosticPrinter printer(messages, style.get());
  Factory factory(scope, parsed.found);
  for (const std::string& path : paths) {  // one tool a source: a tool of several announces each on stderr
    tooling::ClangTool tool(*database, {path});
    for (const auto& [file, text] : options.memory) tool.mapVirtualFile(file, text);
    tool.appendArgumentsAdjuster(our_flags(options));
    tool.setPrintErrorMessage(false);
    tool.setDiagnosticConsumer(&printer);
    const int code = tool.run(&factory);
    if (code == 2) messages << "error: the compilation database has no command for " << path << "\n";
    parsed.failed = parsed.failed || code != 0;
  }
  messages.flush();
  parsed.failed = parsed.failed || printer.getNumErrors() > 0;
  return parsed;
}

}  // namespace octavo::rewriter
