#include "rewriter/unit.h"

#include <clang/Basic/SourceManager.h>
#include <clang/Lex/Lexer.h>

#include <filesystem>

namespace octavo::rewriter {

Scope::Scope(std::vector<std::string> sources, const std::string& header_filter)
    : sources_(std::move(sources)), headers_(header_filter), any_header_(!header_filter.empty()) {}

bool Scope::editable(const std::string& path) const {
  if (std::find(sources_.begin(), sources_.end(), path) != sources_.end()) return true;
  return any_header_ && !path.empty() && headers_.match(path);
}

bool Scope::users(const std::string& path) const {
  if (editable(path)) return true;
  for (const std::string& source : sources_) {
    const std::string folder = std::filesystem::path(source).parent_path().string() + "/";
    if (path.starts_with(folder)) return true;
  }
  return false;
}

std::string Unit::path(clang::SourceLocation location) const {
  return path_of(sources().getFileID(sources().getFileLoc(location)), sources());
}

std::string path_of(clang::FileID file, const clang::SourceManager& sources) {
  const clang::OptionalFileEntryRef entry = sources.getFileEntryRefForID(file);
  return entry ? real_path(entry->getName().str()) : std::string();
}

std::string Unit::main_file() const { return path_of(sources().getMainFileID(), sources()); }

void Unit::add(const TypeUse& type) const {
  found.types.insert(type);
  found.sights[{type.spot, type.replacement}].insert(main_file());
}

// A call that one unit can edit and another cannot stays.
void Unit::add(const Call& call) const {
  Call& known = found.calls.emplace(call.spot, call).first->second;
  if (known.stays.empty()) known.stays = call.stays;
  found.sights[{call.spot, call.rule}].insert(main_file());
}

Place Unit::place(clang::SourceRange range) const {
  const clang::SourceManager& manager = sources();
  const clang::SourceLocation begin = manager.getFileLoc(range.getBegin());
  const auto [file, offset] = manager.getDecomposedLoc(begin);
  Place place;
  place.spot = {path(begin), offset, offset, static_cast<int>(manager.getLineNumber(file, offset)),
                static_cast<int>(manager.getColumnNumber(file, offset))};
  if (scope.editable(place.spot.file)) found.texts[place.spot.file] = manager.getBufferData(file).str();

  if (range.getBegin().isMacroID() || range.getEnd().isMacroID()) {
    const clang::SourceLocation macro = range.getBegin().isMacroID() ? range.getBegin() : range.getEnd();
    place.stays = {Why::macro, clang::Lexer::getImmediateMacroName(macro, manager, ast.getLangOpts()).str()};
    const clang::SourceLocation end =
        clang::Lexer::getLocForEndOfToken(manager.getExpansionRange(macro).getEnd(), 0, manager, ast.getLangOpts());
    if (range.getBegin().isMacroID() && manager.getFileID(end) == file) place.spot.end = manager.getFileOffset(end);
    return place;
  }
  const clang::SourceLocation end = clang::Lexer::getLocForEndOfToken(range.getEnd(), 0, manager, ast.getLangOpts());
  const auto [end_file, end_offset] = manager.getDecomposedLoc(end);
  if (end_file != file) {
    place.stays = {Why::two_files};
  } else {
    place.spot.end = end_offset;
  }
  if (!scope.editable(place.spot.file)) place.stays = {Why::header, path(begin)};
  return place;
}

std::string Unit::text(const Spot& spot) const {
  const auto file = found.texts.find(spot.file);
  return file == found.texts.end() ? std::string() : file->second.substr(spot.begin, spot.end - spot.begin);
}

}  // namespace octavo::rewriter
