#include "cli/stamps.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "codegen/calibrate/ranges.h"
#include "runtime/hash.h"

namespace octavo::cli {

namespace fs = std::filesystem;
using nlohmann::json;

Key& Key::add(const std::string& text) {
  const uint64_t length = text.size();  // so that "ab" + "c" differs from "a" + "bc"
  hash_ = xxh64(&length, sizeof(length), hash_);
  hash_ = xxh64(text.data(), text.size(), hash_);
  return *this;
}

Key& Key::add(const std::vector<std::string>& texts) {
  add(std::to_string(texts.size()));
  for (const std::string& text : texts) add(text);
  return *this;
}

Key& Key::file(const fs::path& path) { return add(file_hash(path)); }

Key& Key::stamp(const fs::path& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) return add(path.string() + " missing");
  return add(fmt::format("{} {} {}.{}", path.string(), info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec));
}

std::string Key::text() const { return fmt::format("{:016x}", hash_); }

std::string file_hash(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return "";
  return calibrate::hash_file(path);
}

Stamps::Stamps(fs::path build_dir) : folder_(build_dir / ".stamps") { base::make_directory(folder_); }

fs::path Stamps::path(const std::string& stage) const { return folder_ / (stage + ".json"); }

bool Stamps::fresh(const std::string& stage, const Key& key) const {
  if (!fs::exists(path(stage))) return false;
  try {
    const json stamp = json::parse(base::read_file(path(stage)));
    if (stamp.at("key") != key.text()) return false;
    for (const char* list : {"dependencies", "outputs"}) {
      for (const json& file : stamp.at(list)) {
        if (file.at("hash") != file_hash(folder_.parent_path() / file.at("path").get<std::string>())) return false;
      }
    }
    return true;
  } catch (const json::exception&) {
    return false;  // not a stamp of ours: the stage runs again
  }
}

void Stamps::start(const std::string& stage) {
  std::error_code ignored;
  fs::remove(path(stage), ignored);
}

void Stamps::finish(const std::string& stage, const Key& key, const std::vector<fs::path>& outputs,
                    const std::vector<fs::path>& dependencies) {
  json stamp = {{"key", key.text()}, {"dependencies", json::array()}, {"outputs", json::array()}};
  for (const fs::path& file : dependencies) {
    stamp["dependencies"].push_back({{"path", file.string()}, {"hash", file_hash(file)}});
  }
  // Relative, so that a folder that was copied or moved looks at its own files.
  for (const fs::path& file : outputs) {
    const std::string name = file.lexically_relative(folder_.parent_path()).string();
    stamp["outputs"].push_back({{"path", name}, {"hash", file_hash(file)}});
  }
  base::write_file(path(stage), stamp.dump(1) + "\n");
}

std::vector<std::string> Stamps::dependencies(const std::string& stage) const {
  std::vector<std::string> result;
  if (!fs::exists(path(stage))) return result;
  const json stamp = json::parse(base::read_file(path(stage)), nullptr, false);
  if (!stamp.is_object() || !stamp.contains("dependencies")) return result;
  for (const json& file : stamp["dependencies"]) result.push_back(file.value("path", ""));
  return result;
}

}  // namespace octavo::cli
