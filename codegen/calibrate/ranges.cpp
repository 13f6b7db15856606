#include "codegen/calibrate/ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "runtime/hash.h"

namespace octavo::calibrate {

using base::Error;
using base::Exit;
using nlohmann::json;

double Range::absmax() const { return std::max(std::abs(min), std::abs(max)); }

void write_ranges(const std::filesystem::path& path, const Ranges& ranges) {
  nlohmann::ordered_json file = {{"schema", 1},
                                 {"name", ranges.name},
                                 {"method", ranges.method},
                                 {"samples", ranges.samples},
                                 {"samples_hash", ranges.samples_hash},
                                 {"sites", nlohmann::ordered_json::object()}};
  for (const auto& [site, range] : ranges.sites) {
    file["sites"][site] = {{"min", range.min}, {"max", range.max}, {"count", range.count}};
  }
  base::write_if_different(path, file.dump(1) + "\n");
}

namespace {

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : file_(path.string()) {}

  Ranges read() {
    json document;
    try {
      document = json::parse(base::read_file(file_));
    } catch (const json::exception& error) {
      fail(std::string("is not JSON: ") + error.what());
    }
    if (!document.is_object()) fail("is not a ranges file");
    if (integer(document, "schema") != 1) fail("has schema " + document["schema"].dump() + ", this Octavo reads 1");
    Ranges ranges;
    ranges.name = string(document, "name");
    ranges.method = string(document, "method");
    ranges.samples = integer(document, "samples");
    ranges.samples_hash = string(document, "samples_hash");
    if (!member(document, "sites").is_object()) fail("'sites' is not an object");
    for (const auto& [site, entry] : document["sites"].items()) ranges.sites[site] = range(site, entry);
    return ranges;
  }

 private:
  std::string file_;

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(Exit::refused, {file_}, what, "run octavo calibrate again");
  }
  const json& member(const json& object, const char* key) const {
    const auto found = object.find(key);
    if (found == object.end()) fail(std::string("lacks '") + key + "'");
    return *found;
  }
  std::string string(const json& object, const char* key) const {
    if (!member(object, key).is_string()) fail(std::string("'") + key + "' is not a string");
    return object[key].get<std::string>();
  }
  int64_t integer(const json& object, const char* key) const {
    const json& value = member(object, key);
    if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX)) {
      fail(std::string("'") + key + "' is not an integer");
    }
    return value.get<int64_t>();
  }
  Range range(const std::string& site, const json& entry) const {
    const auto number = [&](const char* key) {
      if (!member(entry, key).is_number() || !std::isfinite(entry[key].get<double>())) {
        fail("site '" + site + "': '" + key + "' is not a finite number");
      }
      return entry[key].get<double>();
    };
    if (!entry.is_object()) fail("site '" + site + "' is not an object");
    const Range result{number("min"), number("max"), integer(entry, "count")};
    if (result.min > result.max) fail("site '" + site + "': min is above max");
    if (result.count < 1) fail("site '" + site + "': count is below 1");
    return result;
  }
};

}  // namespace

Ranges read_ranges(const std::filesystem::path& path) { return Reader(path).read(); }

std::string hash_file(const std::filesystem::path& path) {
  const std::string bytes = base::read_file(path);
  return fmt::format("{:016x}", xxh64(bytes.data(), bytes.size()));
}

}  // namespace octavo::calibrate
