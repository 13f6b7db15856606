#include "rewriter/reverse.h"

#include <algorithm>

#include "base/files.h"
#include "rewriter/apply.h"
#include "rewriter/paths.h"
#include "rewriter/site_file.h"
#include "rewriter/spelling.h"
#include "rewriter/tokens.h"

namespace octavo::rewriter {
namespace {

base::Place place_of(const std::string& text, size_t offset, const std::string& file) {
  const size_t line_begin = offset == 0 ? 0 : text.rfind('\n', offset - 1) + 1;
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<long>(offset), '\n');
  return {file, static_cast<int>(line), static_cast<int>(offset - line_begin + 1)};
}

// Reads `octavo::nn::Quantizer NAME = octavo::quantizer(*this, "NAME");` at token i: the index after it, or 0.
size_t after_declaration(const std::vector<Token>& tokens, size_t i) {
  static const char* const shape[] = {"octavo",    "::", "nn", "::",   "Quantizer", nullptr, "=", "octavo", "::",
                                      "quantizer", "(",  "*",  "this", ",",         nullptr, ")", ";"};
  const size_t length = std::size(shape);
  if (i + length > tokens.size()) return 0;
  for (size_t j = 0; j < length; ++j) {
    if (shape[j] && tokens[i + j].text != shape[j]) return 0;
  }
  return tokens[i + 14].text == '"' + tokens[i + 5].text + '"' ? i + length : 0;
}

size_t after_type(const std::vector<Token>& tokens, size_t i) {
  static const char* const shape[] = {"octavo", "::", "nn", "::"};
  if (i + 4 >= tokens.size()) return 0;
  for (size_t j = 0; j < 4; ++j) {
    if (tokens[i + j].text != shape[j]) return 0;
  }
  const std::string& name = tokens[i + 4].text;
  const bool ours =
      name == "QuantLinear" || name == "QuantLinearImpl" || name == "QuantEmbedding" || name == "QuantEmbeddingImpl";
  return ours ? i + 5 : 0;
}

// The token that closes the bracket at `open`.
size_t closing_parenthesis(const std::vector<Token>& tokens, size_t open) {
  int depth = 0;
  for (size_t i = open; i < tokens.size(); ++i) {
    const std::string& text = tokens[i].text;
    depth += text == "(" || text == "[" || text == "{";
    depth -= text == ")" || text == "]" || text == "}";
    if (depth == 0) return i;
  }
  return 0;
}

class Reverser {
 public:
  Reverser(const std::string& text, const std::set<std::string>& quantizers, const std::vector<std::string>* spellings,
           const std::string& file)
      : text_(text), quantizers_(quantizers), spellings_(spellings), file_(file), tokens_(tokens_of(text)) {}

  std::vector<Edit> run() {
    remove_include();
    for (size_t i = 0; i < tokens_.size();) i = step(i);
    std::sort(edits_.begin(), edits_.end(), [](const Edit& a, const Edit& b) { return a.offset < b.offset; });
    return std::move(edits_);
  }

 private:
  const std::string& text_;
  const std::set<std::string>& quantizers_;
  const std::vector<std::string>* spellings_;
  const std::string& file_;
  const std::vector<Token> tokens_;
  std::vector<Edit> edits_;
  size_t types_ = 0;

  void remove(size_t begin, size_t end) { edits_.push_back({begin, end - begin, {}}); }

  // Handles what begins at token i; returns the next token to look at.
  size_t step(size_t i) {
    const size_t declaration = after_declaration(tokens_, i + (tokens_[i].text == "mutable"));
    if (declaration > 0) return remove_member(i, declaration);
    if (const size_t type = after_type(tokens_, i)) return restore_type(i, type);
    const bool plain =
        i == 0 || (tokens_[i - 1].text != "." && tokens_[i - 1].text != "->" && tokens_[i - 1].text != "::");
    if (plain && quantizers_.contains(tokens_[i].text) && i + 1 < tokens_.size() && tokens_[i + 1].text == "(")
      unwrap(i);
    return i + 1;
  }

  size_t remove_member(size_t first, size_t after) {
    size_t begin = tokens_[first].begin;
    const size_t blank = text_.find_last_not_of(" \t", begin - 1);
    if (blank != std::string::npos && text_[blank] == '\n') {
      begin = blank - (blank > 0 && text_[blank - 1] == '\r' ? 1 : 0);
    } else if (begin > 0 && text_[begin - 1] == ' ') {
      --begin;
    }
    remove(begin, tokens_[after - 1].end);
    return after;
  }

  size_t restore_type(size_t first, size_t after) {
    const std::string name = tokens_[after - 1].text.substr(5);
    const size_t number = types_++;
    std::optional<std::string> spelling;
    if (spellings_) {
      if (number < spellings_->size()) spelling = (*spellings_)[number];
    } else {
      spelling = usual_spelling(tokens_, name);
    }
    if (!spelling)
      throw base::Error(base::Exit::refused, place_of(text_, tokens_[first].begin, file_),
                        "the original spelling of torch::nn::" + name + " cannot be told from this file",
                        "give the site file of the rewrite with --report");
    const size_t begin = tokens_[first].begin;
    if (!spelling->empty()) edits_.push_back({begin, tokens_[after - 1].end - begin, *spelling});
    return after;
  }

  void unwrap(size_t name) {
    const size_t close = closing_parenthesis(tokens_, name + 1);
    if (close == 0) return;
    const std::string inner = text_.substr(tokens_[name + 1].end, tokens_[close].begin - tokens_[name + 1].end);
    const bool object = close + 1 < tokens_.size() && tokens_[close + 1].text == ".";
    if (object && needs_parentheses(inner)) {
      remove(tokens_[name].begin, tokens_[name].end);
    } else {
      remove(tokens_[name].begin, tokens_[name + 1].end);
      remove(tokens_[close].begin, tokens_[close].end);
    }
  }

  void remove_include() {
    const std::string line = "#include <octavo/torch.h>";
    for (size_t begin = text_.find(line); begin != std::string::npos; begin = text_.find(line, begin + 1)) {
      const bool first = begin == 0 || (begin == byte_order_mark.size() && text_.starts_with(byte_order_mark));
      if (!first && text_[begin - 1] != '\n') continue;
      size_t end = begin + line.size();
      end += end < text_.size() && text_[end] == '\r';
      if (end < text_.size() && text_[end] != '\n') continue;
      return remove(begin, std::min(end + 1, text_.size()));
    }
  }
};

}  // namespace

std::set<std::string> declared_quantizers(const std::string& text) {
  std::set<std::string> names;
  const std::vector<Token> tokens = tokens_of(text);
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (after_declaration(tokens, i) > 0) names.insert(tokens[i + 5].text);
  }
  return names;
}

std::vector<Edit> reversing_edits(const std::string& text, const std::set<std::string>& quantizers,
                                  const std::vector<std::string>* spellings, const std::string& file) {
  return Reverser(text, quantizers, spellings, file).run();
}

Result reverse(const Options& options, const std::optional<std::filesystem::path>& site_file) {
  const SiteFile recorded = site_file ? read_site_file(*site_file) : SiteFile();
  Result result;
  std::set<std::string> quantizers = recorded.quantizers;
  for (const std::string& source : options.sources) {
    FileResult file;
    file.path = real_path(source);
    const auto memory = options.memory.find(file.path);
    file.original = memory == options.memory.end() ? base::read_file(file.path) : memory->second;
    quantizers.merge(declared_quantizers(file.original));
    result.files.push_back(std::move(file));
  }
  for (FileResult& file : result.files) {
    const SiteFile::File* known = recorded.find(file.path);
    const auto undo = known ? known->undo(file.original) : std::nullopt;
    file.edits =
        undo ? *undo : reversing_edits(file.original, quantizers, known ? &known->spellings : nullptr, file.path);
    file.rewritten = edited(file.original, file.edits);
  }
  return result;
}

}  // namespace octavo::rewriter
