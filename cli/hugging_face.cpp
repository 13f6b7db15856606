#include "cli/hugging_face.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace octavo::cli {

using base::Error;
using base::Exit;
using nlohmann::json;

namespace {

class Config {
 public:
  Config(const std::string& text, std::string file) : file_(std::move(file)) {
    try {
      json_ = json::parse(text);
    } catch (const json::exception& error) {
      refuse(std::string("is not JSON: ") + error.what());
    }
    if (!json_.is_object()) refuse("is not a JSON object");
  }

  [[noreturn]] void refuse(const std::string& cause, const std::string& fix = {}) const {
    throw Error(Exit::refused, {file_}, cause, fix);
  }

  [[nodiscard]] bool has(const std::string& key) const { return json_.contains(key) && !json_[key].is_null(); }

  // A size: a whole number from 1 to 2^31 - 1.
  [[nodiscard]] int64_t size(const std::string& key, int64_t least = 1) const {
    const json& value = field(key);
    if (!value.is_number_integer() && !value.is_number_unsigned())
      refuse(key + " is " + value.dump() + ", not a whole number");
    const bool huge = value.is_number_unsigned() && value.get<uint64_t>() > std::numeric_limits<int32_t>::max();
    if (huge || value.get<int64_t>() < least || value.get<int64_t>() > std::numeric_limits<int32_t>::max()) {
      refuse(fmt::format("{} is {}, expected {} to {}", key, value.dump(), least, std::numeric_limits<int32_t>::max()));
    }
    return value.get<int64_t>();
  }

  [[nodiscard]] double number(const std::string& key) const {
    const json& value = field(key);
    if (!value.is_number()) refuse(key + " is " + value.dump() + ", not a number");
    return value.get<double>();
  }

  [[nodiscard]] std::string string(const std::string& key) const {
    const json& value = field(key);
    if (!value.is_string()) refuse(key + " is " + value.dump() + ", not a string");
    return value.get<std::string>();
  }

  [[nodiscard]] std::string one_of(const std::string& key, const std::vector<std::string>& known) const {
    const std::string value = string(key);
    if (std::find(known.begin(), known.end(), value) == known.end()) {
      refuse(fmt::format("{} \"{}\" is not supported", key, value),
             fmt::format("supported: {}", fmt::join(known, ", ")));
    }
    return value;
  }

  [[nodiscard]] std::string architecture() const {
    if (!has("architectures")) return "BertModel";  // a bare encoder says nothing
    const json& list = json_["architectures"];
    if (!list.is_array() || list.size() != 1 || !list[0].is_string())
      refuse("architectures is " + list.dump() + ", not one name in a list");
    return list[0].get<std::string>();
  }

  // The labels of a classifier: id2label where there is one, num_labels, else Hugging Face's default of two.
  [[nodiscard]] int64_t labels() const {
    if (has("id2label")) {
      if (!json_["id2label"].is_object() || json_["id2label"].empty()) refuse("id2label is no object with labels");
      return static_cast<int64_t>(json_["id2label"].size());
    }
    return has("num_labels") ? size("num_labels") : 2;
  }

 private:
  [[nodiscard]] const json& field(const std::string& key) const {
    if (!has(key)) refuse(key + " is missing");
    return json_[key];
  }
  std::string file_;
  json json_;
};

// {:?} would print 1e-12 as 1e-12 and 1 as 1.0: shortest text that reads back as the same double.
std::string literal(double value) {
  const std::string text = fmt::format("{}", value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

HuggingFaceModel bert(const Config& config) {
  const std::string architecture = config.architecture();
  if (architecture != "BertModel" && architecture != "BertForSequenceClassification") {
    config.refuse("architecture " + architecture + " is not supported",
                  "supported: BertModel, BertForSequenceClassification");
  }
  if (config.has("position_embedding_type")) (void)config.one_of("position_embedding_type", {"absolute"});
  const int64_t hidden = config.size("hidden_size"), heads = config.size("num_attention_heads");
  if (hidden % heads != 0) {
    config.refuse(fmt::format("hidden_size {} is no multiple of num_attention_heads {}", hidden, heads));
  }
  const std::string fields = fmt::format(
      "BertConfig{{.vocab_size = {}, .hidden_size = {}, .num_hidden_layers = {}, .num_attention_heads = {}, "
      ".intermediate_size = {}, .max_position_embeddings = {}, .type_vocab_size = {}, .pad_token_id = {}, "
      ".layer_norm_eps = {}, .hidden_act = \"{}\"}}",
      config.size("vocab_size"), hidden, config.size("num_hidden_layers"), heads, config.size("intermediate_size"),
      config.size("max_position_embeddings"), config.size("type_vocab_size"),
      config.has("pad_token_id") ? config.size("pad_token_id", 0) : 0, literal(config.number("layer_norm_eps")),
      config.one_of("hidden_act", {"gelu", "gelu_new", "gelu_pytorch_tanh", "relu"}));

  HuggingFaceModel model{
      .source = "bert.cpp", .module = {}, .inputs = {"input_ids:int64[B,S]", "attention_mask:int64[B,S]"}};
  if (architecture == "BertModel") {
    model.module = "BertModel(" + fields + ")";
  } else {
    model.module = fmt::format("BertForSequenceClassification({}, {})", fields, config.labels());
    model.inputs.emplace_back("token_type_ids:int64[B,S]");
  }
  return model;
}

}  // namespace

HuggingFaceModel read_hugging_face_config(const std::string& text, const std::string& file) {
  const Config config(text, file);
  const std::string type = config.one_of("model_type", {"bert"});
  return bert(config);
}

}  // namespace octavo::cli
