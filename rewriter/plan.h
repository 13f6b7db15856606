// Decides what becomes of what was found: names the Quantizers, keeps together what must change together, and turns
// the rest into edits. Everything that was found becomes a site; every site that stays has a reason.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "rewriter/found.h"
#include "rewriter/rewrite.h"

namespace octavo::rewriter {

struct FileEdits {
  std::vector<Edit> edits;             // by offset
  std::vector<std::string> spellings;  // the originals of replaced types, by offset
};

struct Plan {
  std::vector<Site> sites;  // by file and place
  std::map<std::string, FileEdits> files;
  std::vector<std::pair<Spot, std::string>> idle_keeps;  // comments, and their rules that kept nothing
};

// Throws Error (refused) for comments and policies that name nothing, and for a place that two units read in two ways.
[[nodiscard]] Plan make_plan(const Found& found, const base::Policy* policy);

}  // namespace octavo::rewriter
