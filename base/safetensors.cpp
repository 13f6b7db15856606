#include "base/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/files.h"

namespace octavo::base {

namespace fs = std::filesystem;
static_assert(std::endian::native == std::endian::little, "safetensors is little-endian");

namespace {
constexpr uint64_t kMaxHeader = 100'000'000;  // the format's own limit
constexpr size_t kAlignment = 64;             // of the data in files we write
}  // namespace

class Safetensors::Mapping {
 public:
  explicit Mapping(const fs::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status{};
    if (file < 0 || fstat(file, &status) != 0) {
      const std::string why = std::strerror(errno);
      if (file >= 0) close(file);
      throw Error(Exit::refused, {path.string()}, "cannot be read: " + why);
    }
    if (!S_ISREG(status.st_mode)) {
      close(file);
      throw Error(Exit::refused, {path.string()}, "is not a regular file");
    }
    size_ = static_cast<size_t>(status.st_size);
    data_ = size_ == 0 ? nullptr : mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (data_ == MAP_FAILED)
      throw Error(Exit::refused, {path.string()}, std::string("cannot be mapped: ") + std::strerror(errno));
  }
  ~Mapping() {
    if (data_ != nullptr) munmap(data_, size_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  [[nodiscard]] std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  size_t size_ = 0;
};

Safetensors Safetensors::open(const fs::path& path) {
  Safetensors result;
  result.path_ = path;
  if (fs::is_directory(path)) {
    if (fs::exists(path / "model.safetensors")) {
      result.add_file(path / "model.safetensors");
    } else if (fs::exists(path / "model.safetensors.index.json")) {
      result.add_index(path / "model.safetensors.index.json");
    } else {
      throw Error(Exit::refused, {path.string()}, "holds neither model.safetensors nor model.safetensors.index.json",
                  "name the folder of a Hugging Face checkpoint, or a .safetensors file");
    }
  } else if (path.string().ends_with(".index.json")) {
    result.add_index(path);
  } else {
    result.add_file(path);
  }
  return result;
}

void Safetensors::add_file(const fs::path& path) {
  auto mapping = std::make_shared<Mapping>(path);
  const auto bytes = mapping->bytes();
  const auto refuse = [&](const std::string& cause) {
    return Error(Exit::refused, {path.string()}, "is not a sound safetensors file: " + cause,
                 "fetch or export the file again");
  };
  if (bytes.size() < 8) throw refuse("it is shorter than 8 bytes");
  uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, bytes.data(), 8);
  if (header_bytes > kMaxHeader || header_bytes > bytes.size() - 8) {
    throw refuse("its header claims " + std::to_string(header_bytes) + " bytes, the file has " +
                 std::to_string(bytes.size()));
  }
  const std::string_view json(reinterpret_cast<const char*>(bytes.data()) + 8, header_bytes);
  const auto data = bytes.subspan(8 + header_bytes);
  SafetensorsHeader header = parse_safetensors_header(json, data.size(), path.string());
  for (auto& entry : header.entries) {
    spans_[entry.name] = data.subspan(entry.begin, entry.end - entry.begin);
    if (!infos_.emplace(entry.name, std::move(entry.info)).second)
      throw refuse("tensor '" + entry.name + "' is in two shards");
  }
  metadata_.merge(header.metadata);
  file_bytes_ += bytes.size();
  mappings_.push_back(std::move(mapping));
}

// {"weight_map": {"tensor": "model-00001-of-00002.safetensors", …}}: the shards lie beside the index.
void Safetensors::add_index(const fs::path& path) {
  const auto json = nlohmann::json::parse(read_file(path), nullptr, /*allow_exceptions=*/false);
  const auto refuse = [&](const std::string& cause) {
    return Error(Exit::refused, {path.string()}, cause, "fetch the checkpoint again");
  };
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object())
    throw refuse("has no weight_map");
  std::set<std::string> shards;
  for (const auto& [tensor, shard] : json["weight_map"].items()) {
    if (!shard.is_string()) throw refuse("names no file for '" + tensor + "'");
    const auto name = shard.get<std::string>();
    if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos) {
      throw refuse("names a shard outside its folder: '" + name + "'");
    }
    shards.insert(name);
  }
  for (const std::string& shard : shards) add_file(path.parent_path() / shard);
  for (const auto& [tensor, shard] : json["weight_map"].items()) {
    if (!contains(tensor))
      throw refuse("promises '" + tensor + "', which " + shard.get<std::string>() + " does not hold");
  }
}

std::span<const std::byte> Safetensors::bytes(const std::string& name) const {
  const auto found = spans_.find(name);
  if (found == spans_.end()) throw Error(Exit::refused, {path_.string()}, "has no tensor '" + name + "'");
  return found->second;
}

namespace {

float half_to_float(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  uint32_t exponent = (half >> 10) & 0x1f;
  uint32_t mantissa = half & 0x3ffu;
  if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000u | (mantissa << 13));
  if (exponent == 0) {
    // Subnormal: mantissa * 2^-24, exact in float.
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  exponent += 127 - 15;
  return std::bit_cast<float>(sign | (exponent << 23) | (mantissa << 13));
}

template <typename Stored, typename Convert>
void convert(std::span<const std::byte> bytes, std::vector<float>& out, Convert to_float) {
  for (size_t i = 0; i < out.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, bytes.data() + i * sizeof(Stored), sizeof(Stored));  // any alignment
    out[i] = to_float(stored);
  }
}

}  // namespace

std::vector<float> Safetensors::floats(const std::string& name) const {
  const auto data = bytes(name);
  const TensorInfo& info = infos_.at(name);
  std::vector<float> result(static_cast<size_t>(info.elements()));
  if (info.dtype == "F32") {
    if (!result.empty()) std::memcpy(result.data(), data.data(), data.size());
  } else if (info.dtype == "F16") {
    convert<uint16_t>(data, result, half_to_float);
  } else if (info.dtype == "BF16") {
    convert<uint16_t>(data, result,
                      [](uint16_t stored) { return std::bit_cast<float>(static_cast<uint32_t>(stored) << 16); });
  } else if (info.dtype == "F64") {
    convert<double>(data, result, [](double stored) { return static_cast<float>(stored); });
  } else {
    throw Error(Exit::refused, {path_.string()},
                "tensor '" + name + "' is " + info.dtype + ", floating point is needed");
  }
  return result;
}

void write_safetensors(const fs::path& path, const std::vector<TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!metadata.empty()) json["__metadata__"] = metadata;
  uint64_t at = 0;
  for (const TensorToWrite& tensor : tensors) {
    const auto bytes = static_cast<uint64_t>(tensor.info.elements() * safetensors_dtype_size(tensor.info.dtype));
    if (json.contains(tensor.name))
      throw Error(Exit::internal, {path.string()}, "tensor '" + tensor.name + "' written twice");
    json[tensor.name] = {
        {"dtype", tensor.info.dtype}, {"shape", tensor.info.shape}, {"data_offsets", {at, at + bytes}}};
    at += bytes;
  }
  std::string header = json.dump();
  header.resize((header.size() + 8 + kAlignment - 1) / kAlignment * kAlignment - 8, ' ');
  AtomicFile file(path);
  const uint64_t header_bytes = header.size();
  file.write(&header_bytes, 8);
  file.write(header.data(), header.size());
  for (const TensorToWrite& tensor : tensors) {
    file.write(tensor.data, static_cast<size_t>(tensor.info.elements() * safetensors_dtype_size(tensor.info.dtype)));
  }
  file.commit();
}

}  // namespace octavo::base
