// Reads a Hugging Face model folder into a tokenizer.
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "runtime/text/wordpiece.h"

namespace octavo::text {
namespace {

std::vector<std::string> read_vocabulary(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(file.string() + ": cannot be read");
  std::vector<std::string> tokens;
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with('\r')) line.pop_back();
    tokens.push_back(std::move(line));
  }
  return tokens;
}

WordPieceOptions read_options(const std::filesystem::path& file) {
  WordPieceOptions options;
  if (!std::filesystem::exists(file)) return options;
  std::ifstream in(file, std::ios::binary);
  auto json = nlohmann::json::parse(in);
  auto& steps = options.normalizer;
  steps.lowercase = json.value("do_lower_case", true);
  steps.handle_chinese_chars = json.value("tokenize_chinese_chars", true);
  if (auto strip = json.find("strip_accents"); strip != json.end() && !strip->is_null()) {
    steps.strip_accents = strip->get<bool>();
  }
  // A special token is its text, or an object that carries the text as "content".
  auto token = [&json](const char* key, std::string& value) {
    auto entry = json.find(key);
    if (entry == json.end() || entry->is_null()) return;
    value = entry->is_object() ? entry->at("content").get<std::string>() : entry->get<std::string>();
  };
  token("unk_token", options.unknown);
  token("cls_token", options.begin);
  token("sep_token", options.end);
  token("pad_token", options.padding);
  token("mask_token", options.mask);
  return options;
}

}  // namespace

WordPieceTokenizer WordPieceTokenizer::load(const std::filesystem::path& folder) {
  const auto settings = folder / "tokenizer_config.json", vocabulary = folder / "vocab.txt";
  WordPieceOptions options;
  try {
    options = read_options(settings);
  } catch (const nlohmann::json::exception& e) {
    throw std::runtime_error(settings.string() + ": " + e.what());
  }
  auto tokens = read_vocabulary(vocabulary);
  try {
    return {tokens, options};
  } catch (const std::runtime_error& e) {
    throw std::runtime_error(vocabulary.string() + ": " + e.what());
  }
}

}  // namespace octavo::text
