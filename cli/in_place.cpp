#include "cli/in_place.h"

#include "base/files.h"
#include "cli/process.h"

namespace octavo::cli {

namespace fs = std::filesystem;
using base::Error;
using base::Exit;

namespace {

void refuse_uncommitted(const std::string& path) {
  const fs::path file = fs::weakly_canonical(path);  // a link is as safe as what it points to
  const ProcessResult status = run_process(
      {"git", "-C", file.parent_path().string(), "status", "--porcelain", "--ignored", "--", file.filename().string()});
  if (status.ok() && status.out.empty()) return;
  const std::string cause = !status.ok() ? "is in no git repository, so the change could not be undone"
                            : status.out.starts_with("??") || status.out.starts_with("!!")
                                ? "is not committed, so the change could not be undone"
                                : "has uncommitted changes";
  throw Error(Exit::refused, {path}, cause, "commit it, or pass --force");
}

}  // namespace

std::vector<const rewriter::FileResult*> changed_files(const rewriter::Result& result) {
  std::vector<const rewriter::FileResult*> changed;
  for (const rewriter::FileResult& file : result.files) {
    if (file.rewritten != file.original) changed.push_back(&file);
  }
  return changed;
}

void refuse_uncommitted(const rewriter::Result& result) {
  for (const rewriter::FileResult* file : changed_files(result)) refuse_uncommitted(file->path);
}

void write_in_place(const rewriter::Result& result) {
  std::vector<base::Replacement> replacements;
  for (const rewriter::FileResult* file : changed_files(result))
    replacements.push_back({file->path, file->original, file->rewritten});
  base::replace_files(replacements);
}

}  // namespace octavo::cli
