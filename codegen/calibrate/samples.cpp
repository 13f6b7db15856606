#include "codegen/calibrate/samples.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "base/files.h"
#include "base/safetensors.h"

namespace octavo::calibrate {

using base::Error;
using base::Exit;
using graph::DType;
using nlohmann::json;

namespace {

// Matches the sizes of one sample with the declared dims; the same name must be the same size everywhere.
void bind_dims(Sample& sample, const std::vector<InputDecl>& inputs, const base::Place& where) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::vector<int64_t>& shape = sample.inputs[i].shape;
    for (size_t d = 0; d < shape.size(); ++d) {
      const graph::Dim& dim = inputs[i].dims[d];
      const std::string of = "input '" + inputs[i].name + "' (" + inputs[i].text() + "): dim " + std::to_string(d);
      if (shape[d] < 1) throw Error(Exit::refused, where, of + " is empty", "leave empty samples out");
      const int64_t expected =
          dim.is_constant() ? *dim.constant() : sample.sizes.try_emplace(dim.text(), shape[d]).first->second;
      if (expected == shape[d]) continue;
      throw Error(Exit::refused, where,
                  of + " has size " + std::to_string(shape[d]) + ", but " +
                      (dim.is_constant() ? "it is declared as " : dim.text() + " is ") + std::to_string(expected));
    }
  }
}

void check_names(const std::set<std::string>& present, const std::vector<InputDecl>& inputs, const base::Place& where) {
  std::vector<std::string> declared;
  for (const InputDecl& input : inputs) declared.push_back(input.name);
  for (const std::string& name : present) {
    if (std::find(declared.begin(), declared.end(), name) != declared.end()) continue;
    const std::string near = base::nearest(name, declared);
    throw Error(Exit::refused, where, "there is no input '" + name + "'",
                near.empty() ? "remove it, or declare it with --input" : "did you mean '" + near + "'?");
  }
  for (const std::string& name : declared) {
    if (!present.contains(name)) throw Error(Exit::refused, where, "input '" + name + "' is missing");
  }
}

// Flattens nested lists of one input of a line, checking that they are neither ragged nor of another rank.
class ListReader {
 public:
  ListReader(const InputDecl& input, size_t rank, base::Place where)
      : input_(input), rank_(rank), where_(std::move(where)) {}

  SampleTensor read(const json& value, bool add_batch) {
    tensor_.dtype = input_.dtype;
    tensor_.shape.assign(rank_, -1);
    append(value, 0);
    if (add_batch) tensor_.shape.insert(tensor_.shape.begin(), 1);
    return std::move(tensor_);
  }

 private:
  const InputDecl& input_;
  size_t rank_;
  base::Place where_;
  SampleTensor tensor_;

  [[noreturn]] void fail(const std::string& what, const std::string& fix = {}) const {
    throw Error(Exit::refused, where_, "input '" + input_.name + "' (" + input_.text() + "): " + what, fix);
  }
  void append(const json& value, size_t depth) {
    if (depth == rank_) return append_number(value);
    const std::string expected = std::to_string(rank_) + (rank_ == 1 ? " level" : " levels") + " of lists";
    if (!value.is_array())
      fail("expected " + expected + ", found " + shown(value) + " at level " + std::to_string(depth + 1));
    const auto size = static_cast<int64_t>(value.size());
    int64_t& dim = tensor_.shape[depth];
    if (dim == -1) dim = size;
    if (dim != size)
      fail("ragged lists: one has " + std::to_string(dim) + " elements, another " + std::to_string(size));
    for (const json& element : value) append(element, depth + 1);
  }
  static std::string shown(const json& value) {
    const std::string text = value.dump();
    return text.size() <= 40 ? text : text.substr(0, 37) + "...";
  }
  template <typename T>
  void put(T value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    tensor_.bytes.insert(tensor_.bytes.end(), bytes, bytes + sizeof(T));
  }
  int64_t integer(const json& value, int64_t low, int64_t high) const {
    if (!value.is_number_integer()) fail(shown(value) + " is not an integer");
    const bool beyond = value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX);
    if (beyond || value.get<int64_t>() < low || value.get<int64_t>() > high) {
      fail(shown(value) + " does not fit " + graph::name(input_.dtype));
    }
    return value.get<int64_t>();
  }
  void append_number(const json& value) {
    if (value.is_array())
      fail("expected " + std::to_string(rank_) + (rank_ == 1 ? " level" : " levels") + " of lists, found more");
    switch (input_.dtype) {
      case DType::i64:
        return put(integer(value, INT64_MIN, INT64_MAX));
      case DType::i32:
        return put(static_cast<int32_t>(integer(value, INT32_MIN, INT32_MAX)));
      case DType::boolean:
        return put<uint8_t>(value.is_boolean() ? value.get<bool>() : integer(value, 0, 1) == 1);
      default:
        break;
    }
    if (!value.is_number()) fail(shown(value) + " is not a number");
    const auto number = static_cast<float>(value.get<double>());
    if (!std::isfinite(number)) fail(shown(value) + " does not fit float32");
    put(number);
  }
};

// nlohmann keeps the last of duplicate keys in silence; here they are an error.
json parse_line(std::string_view line, const base::Place& where) {
  std::set<std::string> keys;
  std::string duplicate;
  const auto callback = [&](int depth, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::key && depth == 1 && !keys.insert(parsed.get<std::string>()).second)
      duplicate = parsed;
    return true;
  };
  json value;
  try {
    value = json::parse(line, callback);
  } catch (const json::exception& error) {
    std::string what = error.what();
    what = what.substr(what.find("] ") == std::string::npos ? 0 : what.find("] ") + 2);
    throw Error(Exit::refused, where, "is not JSON: " + what,
                "write one object a line, numbers without NaN or Infinity");
  }
  if (!value.is_object()) throw Error(Exit::refused, where, "is not a JSON object", "write {\"input\": [...], ...}");
  if (!duplicate.empty()) throw Error(Exit::refused, where, "input '" + duplicate + "' is given twice");
  return value;
}

std::string safetensors_dtype(DType dtype) {
  switch (dtype) {
    case DType::i64:
      return "I64";
    case DType::i32:
      return "I32";
    case DType::boolean:
      return "BOOL";
    default:
      return "F32";
  }
}

Sample read_safetensors(const std::filesystem::path& path, const std::vector<InputDecl>& inputs) {
  const base::Place where{path.string()};
  const base::Safetensors file = base::Safetensors::open(path);
  std::set<std::string> present;
  for (const auto& [name, info] : file.tensors()) present.insert(name);
  check_names(present, inputs, where);
  Sample sample;
  for (const InputDecl& input : inputs) {
    const base::TensorInfo& info = file.tensors().at(input.name);
    const std::string of = "input '" + input.name + "' (" + input.text() + "): ";
    if (info.dtype != safetensors_dtype(input.dtype)) {
      throw Error(Exit::refused, where, of + "the file holds " + info.dtype,
                  "save it as " + safetensors_dtype(input.dtype));
    }
    if (info.shape.size() != input.dims.size()) {
      throw Error(Exit::refused, where,
                  of + "the file holds rank " + std::to_string(info.shape.size()) + ", declared is rank " +
                      std::to_string(input.dims.size()));
    }
    const auto bytes = file.bytes(input.name);
    SampleTensor tensor{input.dtype, info.shape, {bytes.begin(), bytes.end()}};
    for (size_t i = 0; input.dtype == DType::f32 && i < tensor.bytes.size(); i += sizeof(float)) {
      float value = 0;
      std::memcpy(&value, tensor.bytes.data() + i, sizeof value);
      if (!std::isfinite(value)) {
        throw Error(Exit::refused, where, of + "element " + std::to_string(i / sizeof value) + " is not finite");
      }
    }
    sample.inputs.push_back(std::move(tensor));
  }
  bind_dims(sample, inputs, where);
  return sample;
}

}  // namespace

std::vector<Sample> parse_jsonl(std::string_view text, const std::vector<InputDecl>& inputs, const std::string& file,
                                int64_t limit) {
  const bool leave_out_batch = share_leading_dim(inputs);
  std::vector<Sample> samples;
  int line_number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    const base::Place where{file, ++line_number};
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const json value = parse_line(line, where);
    std::set<std::string> present;
    for (const auto& [name, list] : value.items()) present.insert(name);
    check_names(present, inputs, where);
    Sample sample;
    sample.line = line_number;
    for (const InputDecl& input : inputs) {
      const size_t rank = input.dims.size() - (leave_out_batch ? 1 : 0);
      sample.inputs.push_back(ListReader(input, rank, where).read(value[input.name], leave_out_batch));
    }
    bind_dims(sample, inputs, where);
    samples.push_back(std::move(sample));
    if (limit > 0 && static_cast<int64_t>(samples.size()) == limit) break;
  }
  if (samples.empty()) throw Error(Exit::refused, {file}, "holds no samples", "write one JSON object a line");
  return samples;
}

std::vector<Sample> read_samples(const std::filesystem::path& path, const std::vector<InputDecl>& inputs,
                                 int64_t limit) {
  if (path.extension() == ".safetensors") return {read_safetensors(path, inputs)};
  if (path.extension() == ".jsonl") return parse_jsonl(base::read_file(path), inputs, path.string(), limit);
  throw Error(Exit::usage, {path.string()}, "samples are .jsonl or .safetensors files", "rename or convert the file");
}

}  // namespace octavo::calibrate
