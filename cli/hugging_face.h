// A Hugging Face folder's config.json as the options of a build: the source in models/, the module expression with
// every size spelled out, and the inputs. Nothing is guessed: a field that is missing, of another type, or asks for what the source
// does not do is refused by name.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace octavo::cli {

struct HuggingFaceModel {
  std::string source;  // bert.cpp, in models/
  std::string module;  // BertModel(BertConfig{.vocab_size = 30522, …})
  std::vector<std::string> inputs;
};

// `file` names the configuration in errors.
[[nodiscard]] HuggingFaceModel read_hugging_face_config(const std::string& text, const std::string& file);

}  // namespace octavo::cli
