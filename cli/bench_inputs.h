// Inputs that a compiled model accepts, of given sizes and the same in every run: what a benchmark feeds.
#pragma once

#include <filesystem>

#include "cli/library.h"
#include "codegen/graph/dim.h"

namespace octavo::cli {

// "B=1,S=128" for the named dims of the model's inputs. Throws base::Error (usage) unless exactly these are given.
[[nodiscard]] graph::Dim::Sizes bench_sizes(const octavo_description& about, const std::string& dims);

// Indices stay inside their tables, which DIR/NAME.graph.json tells; other integers and booleans are 1 (a mask that hides
// nothing); floats lie in [-1, 1).
[[nodiscard]] Tensors bench_inputs(const std::filesystem::path& folder, const octavo_description& about,
                                   const graph::Dim::Sizes& sizes);

}  // namespace octavo::cli
