// The header of a safetensors file, read as text nobody vouches for. A SAX handler is used because nlohmann's
// tree keeps the last of two equal keys silently.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/safetensors.h"

namespace octavo::base {

namespace {

using Json = nlohmann::json;

struct DTypeRow {
  const char* name;
  int64_t bytes;
};
constexpr DTypeRow kDTypes[] = {{"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F64", 8}, {"I64", 8}, {"U64", 8}, {"I32", 4},
                                {"U32", 4}, {"I16", 2}, {"U16", 2},  {"I8", 1},  {"U8", 1},  {"BOOL", 1}};

// Rank beyond any real tensor; bounds what a hostile header can make us hold.
constexpr size_t kMaxRank = 32;

// States by depth: 1 inside the root, 2 inside a tensor (or the metadata), 3 inside one of its lists.
class HeaderReader : public nlohmann::json_sax<Json> {
 public:
  std::string problem;
  SafetensorsHeader header;

  bool start_object(size_t) override {
    ++depth_;
    if (depth_ == 1) return true;
    if (depth_ != 2) return stop("nested too deeply");
    in_metadata_ = tensor_ == "__metadata__";
    if (!in_metadata_) {
      header.entries.push_back({});
      header.entries.back().name = tensor_;
      fields_ = 0;
      offsets_.clear();
    }
    return true;
  }
  bool end_object() override {
    --depth_;
    if (depth_ == 1 && !in_metadata_) return finish_tensor();
    return true;
  }
  bool key(string_t& word) override {
    if (depth_ == 1) {
      if (!seen_.insert({word, true}).second) return stop("tensor '" + word + "' is named twice");
      tensor_ = word;
    } else {
      field_ = word;
      if (in_metadata_)
        return header.metadata.emplace(word, "").second || stop("metadata '" + word + "' is named twice");
      const unsigned bit = field_bit();
      if (bit == 0) return stop("tensor '" + tensor_ + "' has an unknown field '" + word + "'");
      if ((fields_ & bit) != 0) return stop("tensor '" + tensor_ + "' has two fields '" + word + "'");
      fields_ |= bit;
    }
    return true;
  }
  bool string(string_t& value) override {
    if (depth_ == 2 && in_metadata_) {
      header.metadata[field_] = value;
      return true;
    }
    if (depth_ != 2 || field_ != "dtype") return stop("a string where none belongs, at '" + tensor_ + "'");
    header.entries.back().info.dtype = value;
    return true;
  }
  bool start_array(size_t) override {
    if (depth_ != 2 || in_metadata_ || (field_ != "shape" && field_ != "data_offsets"))
      return stop("a list where none belongs, at '" + tensor_ + "'");
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (depth_ != 3) return stop("a number where none belongs, at '" + tensor_ + "'");
    if (value > static_cast<uint64_t>(INT64_MAX)) return stop("tensor '" + tensor_ + "' has a number beyond 2^63");
    if (field_ == "shape") {
      auto& shape = header.entries.back().info.shape;
      shape.push_back(static_cast<int64_t>(value));
      return shape.size() <= kMaxRank || stop("tensor '" + tensor_ + "' has more than 32 dims");
    }
    offsets_.push_back(value);
    return offsets_.size() <= 2 || stop("tensor '" + tensor_ + "' has more than two offsets");
  }
  bool number_integer(number_integer_t) override { return stop("tensor '" + tensor_ + "' has a negative number"); }
  bool number_float(number_float_t, const string_t&) override {
    return stop("tensor '" + tensor_ + "' has a number that is no integer");
  }
  bool null() override { return stop("a null where none belongs, at '" + tensor_ + "'"); }
  bool boolean(bool) override { return stop("a truth value where none belongs, at '" + tensor_ + "'"); }
  bool binary(binary_t&) override { return stop("binary data in the header"); }
  bool parse_error(size_t position, const std::string&, const Json::exception&) override {
    return stop("the header is not JSON at byte " + std::to_string(position));
  }

 private:
  int depth_ = 0;
  bool in_metadata_ = false;
  unsigned fields_ = 0;
  std::string tensor_, field_;
  std::vector<uint64_t> offsets_;
  std::map<std::string, bool> seen_;

  bool stop(std::string why) {
    if (problem.empty()) problem = std::move(why);
    return false;
  }
  [[nodiscard]] unsigned field_bit() const {
    if (field_ == "dtype") return 1;
    if (field_ == "shape") return 2;
    return field_ == "data_offsets" ? 4 : 0;
  }
  bool finish_tensor() {
    if (fields_ != 7 || offsets_.size() != 2)
      return stop("tensor '" + tensor_ + "' needs dtype, shape and two data_offsets");
    header.entries.back().begin = offsets_[0];
    header.entries.back().end = offsets_[1];
    return true;
  }
};

// Bytes of a tensor, or -1 when the product overflows.
int64_t byte_size(const TensorInfo& info) {
  int64_t bytes = safetensors_dtype_size(info.dtype);
  for (const int64_t dim : info.shape) {
    if (__builtin_mul_overflow(bytes, dim, &bytes)) return -1;
  }
  return bytes;
}

std::string check(SafetensorsHeader& header, uint64_t data_bytes) {
  std::stable_sort(header.entries.begin(), header.entries.end(),
                   [](const auto& a, const auto& b) { return a.begin != b.begin ? a.begin < b.begin : a.end < b.end; });
  uint64_t at = 0;
  for (const auto& entry : header.entries) {
    const std::string who = "tensor '" + entry.name + "'";
    if (safetensors_dtype_size(entry.info.dtype) == 0) return who + " has the unknown dtype '" + entry.info.dtype + "'";
    if (entry.end < entry.begin) return who + " ends before it begins";
    if (entry.end > data_bytes) return who + " reaches beyond the end of the file: the file is truncated";
    if (entry.begin < at) return who + " overlaps the tensor before it";
    if (entry.begin > at) return who + " leaves a hole of " + std::to_string(entry.begin - at) + " bytes before it";
    const int64_t bytes = byte_size(entry.info);
    if (bytes < 0) return who + " has a shape whose size overflows";
    if (static_cast<uint64_t>(bytes) != entry.end - entry.begin) {
      return who + " spans " + std::to_string(entry.end - entry.begin) + " bytes where its shape needs " +
             std::to_string(bytes);
    }
    at = entry.end;
  }
  if (at != data_bytes) return std::to_string(data_bytes - at) + " bytes follow the last tensor";
  return {};
}

}  // namespace

int64_t safetensors_dtype_size(const std::string& dtype) {
  for (const DTypeRow& row : kDTypes) {
    if (dtype == row.name) return row.bytes;
  }
  return 0;
}

int64_t TensorInfo::elements() const {
  int64_t count = 1;
  for (const int64_t dim : shape) count *= dim;
  return count;
}

SafetensorsHeader parse_safetensors_header(std::string_view json, uint64_t data_bytes, const std::string& file) {
  HeaderReader reader;
  if (!json.starts_with('{')) reader.problem = "the header does not start with '{'";
  if (reader.problem.empty()) Json::sax_parse(json.begin(), json.end(), &reader);
  if (reader.problem.empty()) reader.problem = check(reader.header, data_bytes);
  if (!reader.problem.empty()) {
    throw Error(Exit::refused, {file}, "is not a sound safetensors file: " + reader.problem,
                "fetch or export the file again");
  }
  return std::move(reader.header);
}

}  // namespace octavo::base
