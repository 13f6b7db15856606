// What calibration saw at each site, NAME.ranges.json:
//
//   {"schema": 1, "name", "method": "min-max", "samples": N, "samples_hash": "…", "sites": {"<site>": {"min",
//   "max", "count"}}}
//
// A site is a QuantLinear (its input activations) or a Quantizer. A site that no sample reached is left out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace octavo::calibrate {

struct Range {
  double min = 0, max = 0;
  int64_t count = 0;  // elements observed
  // Symmetric range for a static scale.
  [[nodiscard]] double absmax() const;
  friend bool operator==(const Range&, const Range&) = default;
};

struct Ranges {
  std::string name;
  std::string method = "min-max";
  int64_t samples = 0;
  std::string samples_hash;  // hash_file of the samples
  std::map<std::string, Range> sites;
  friend bool operator==(const Ranges&, const Ranges&) = default;
};

void write_ranges(const std::filesystem::path& path, const Ranges& ranges);
// Throws base::Error (refused) naming the file, the site and what is wrong.
[[nodiscard]] Ranges read_ranges(const std::filesystem::path& path);
// XXH64 of the file's bytes, 16 hex digits.
[[nodiscard]] std::string hash_file(const std::filesystem::path& path);

}  // namespace octavo::calibrate
