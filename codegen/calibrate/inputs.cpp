#include "codegen/calibrate/inputs.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace octavo::calibrate {

using base::Error;
using base::Exit;
using graph::Dim;
using graph::DType;

namespace {

struct Spelling {
  const char* name;
  DType dtype;
};
// The first spelling of a dtype is the one printed.
constexpr std::array<Spelling, 7> kSpellings = {{{"int64", DType::i64},
                                                 {"int32", DType::i32},
                                                 {"float32", DType::f32},
                                                 {"bool", DType::boolean},
                                                 {"i64", DType::i64},
                                                 {"i32", DType::i32},
                                                 {"f32", DType::f32}}};
constexpr const char* kForm = "write name:dtype[dim,dim], for example input_ids:int64[B,S]";
constexpr size_t kMaxRank = 8;

bool starts_word(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  InputDecl parse() {
    InputDecl input;
    input.name = word("a name");
    expect(':', "':' and a dtype");
    const size_t dtype_at = at_;
    input.dtype = dtype(word("a dtype"), dtype_at);
    expect('[', "'[' and the dims");
    skip_space();
    if (!take(']')) {
      do {
        input.dims.push_back(dim());
      } while (take(','));
      expect(']', "',' or ']'");
    }
    skip_space();
    if (at_ != text_.size()) fail(at_, text_.size() - at_, "nothing may follow ']'");
    if (input.dims.size() > kMaxRank) fail(0, text_.size(), "more than " + std::to_string(kMaxRank) + " dims");
    return input;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;

  [[noreturn]] void fail(size_t at, size_t length, const std::string& what, const std::string& fix = kForm) const {
    throw Error(Exit::usage, {},
                "input declaration: " + what + "\n  " + std::string(text_) + "\n  " + std::string(at, ' ') + "^" +
                    std::string(length > 1 ? length - 1 : 0, '~'),
                fix);
  }
  void skip_space() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c, const char* what) {
    if (!take(c)) fail(at_, 1, std::string("expected ") + what);
    skip_space();
  }
  std::string word(const char* what) {
    skip_space();
    const size_t begin = at_;
    if (at_ >= text_.size() || !starts_word(text_[at_])) fail(at_, 1, std::string("expected ") + what);
    while (at_ < text_.size() && in_word(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }
  DType dtype(const std::string& spelled, size_t at) const {
    std::vector<std::string> names;
    for (const Spelling& spelling : kSpellings) {
      if (spelled == spelling.name) return spelling.dtype;
      names.emplace_back(spelling.name);
    }
    const std::string near = base::nearest(spelled, names);
    fail(at, spelled.size(), "unknown dtype '" + spelled + "'",
         near.empty() ? "inputs are int64, int32, float32 or bool" : "did you mean " + near + "?");
  }
  Dim dim() {
    skip_space();
    const size_t begin = at_;
    if (at_ >= text_.size() || !in_word(text_[at_])) fail(at_, 1, "expected a dim: a name or a number");
    if (starts_word(text_[at_])) return Dim::named(word("a dim"));
    while (at_ < text_.size() && in_word(text_[at_])) ++at_;
    const std::string digits(text_.substr(begin, at_ - begin));
    const bool number = std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
    if (!number || digits.size() > 9 || std::stol(digits) < 1) {
      fail(begin, digits.size(), "a dim is a name or a number from 1 to 999999999");
    }
    return {std::stol(digits)};
  }
};

}  // namespace

std::string InputDecl::text() const {
  std::string result = name + ":";
  for (const Spelling& spelling : kSpellings) {
    if (spelling.dtype == dtype) {
      result += spelling.name;
      break;
    }
  }
  result += "[";
  for (size_t i = 0; i < dims.size(); ++i) result += (i > 0 ? "," : "") + dims[i].text();
  return result + "]";
}

InputDecl parse_input(std::string_view text) { return Parser(text).parse(); }

std::vector<InputDecl> parse_inputs(const std::vector<std::string>& texts) {
  std::vector<InputDecl> inputs;
  for (const std::string& text : texts) {
    inputs.push_back(parse_input(text));
    for (size_t i = 0; i + 1 < inputs.size(); ++i) {
      if (inputs[i].name == inputs.back().name) {
        throw Error(Exit::usage, {}, "input '" + inputs.back().name + "' is declared twice",
                    "give each input its own name");
      }
    }
  }
  return inputs;
}

std::vector<std::string> dim_names(const std::vector<InputDecl>& inputs) {
  std::vector<std::string> names;
  for (const InputDecl& input : inputs) {
    for (const Dim& dim : input.dims) {
      for (const std::string& name : dim.names()) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
      }
    }
  }
  return names;
}

bool share_leading_dim(const std::vector<InputDecl>& inputs) {
  return !inputs.empty() && std::all_of(inputs.begin(), inputs.end(), [&](const InputDecl& input) {
    return !input.dims.empty() && input.dims.front() == inputs.front().dims.front();
  });
}

graph::Dim::Sizes parse_sizes(std::string_view text, const std::vector<std::string>& names) {
  const std::string quoted = "sizes '" + std::string(text) + "'";
  graph::Dim::Sizes sizes;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    const std::string_view item = text.substr(at, end - at);
    at = end + 1;
    const size_t equals = item.find('=');
    const std::string name(item.substr(0, equals));
    const std::string digits(equals == std::string_view::npos ? "" : item.substr(equals + 1));
    const bool number = !digits.empty() && digits.size() <= 9 &&
                        std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
    if (name.empty() || !number || std::stol(digits) < 1) {
      throw Error(Exit::usage, {}, quoted + ": '" + std::string(item) + "' is not dim=size",
                  "write for example B=1,S=128");
    }
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      const std::string near = base::nearest(name, names);
      throw Error(Exit::usage, {}, quoted + ": the model has no dim '" + name + "'",
                  near.empty() ? "" : "did you mean " + near + "?");
    }
    if (!sizes.emplace(name, std::stol(digits)).second) {
      throw Error(Exit::usage, {}, quoted + ": '" + name + "' is given twice");
    }
  }
  for (const std::string& name : names) {
    if (!sizes.contains(name))
      throw Error(Exit::usage, {}, quoted + ": no size for dim '" + name + "'", "add " + name + "=…");
  }
  return sizes;
}

}  // namespace octavo::calibrate
