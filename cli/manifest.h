// DIR/manifest.json: what a folder of `octavo build` holds and what it was made from.
//
//   {"schema": 1, "name", "sources", "module", "weights", "precision", "targets", "dims",
//    "inputs":  [{"name", "dtype", "shape"}], "outputs": [{"name", "dtype", "shape"}],
//    "files": {"bert.h": "<xxh64>", …}, "versions": {"octavo", "clang", "cxx", "libtorch"},
//    "sites": {"rewritten", "skipped"}, "report": what the compiler decided (codegen/emit/report.h)}
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace octavo::cli {

struct Manifest {
  std::string name, weights;
  std::vector<std::string> sources, inputs, output_names;  // inputs as --input takes them

  // Throws base::Error: (usage) when the folder is none of `octavo build`, (refused) when the file is damaged.
  [[nodiscard]] static Manifest read(const std::filesystem::path& folder);
};

}  // namespace octavo::cli
