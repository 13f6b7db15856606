// Reads the text form of a graph. One class per statement would hide the grammar, which is short:
//
//   statement  = "graph" name "(" [name {"," name}] ")"
//              | "input" value ":" type | "weight" value ":" type "=" string {"++" string} ["permuted" shape]
//              | "require" dim "<=" integer string [place] | "output" string "=" value
//              | value {"," value} ":" type {"," type} "=" op "(" [operand {"," operand}] ")" [attributes]
//              [place]
//   attributes = "{" [name "=" attribute {"," name "=" attribute}] "}"
//   place      = "@" file [":" line [":" column]]      to the end of the line
#include <cctype>
#include <charconv>
#include <limits>
#include <unordered_map>

#include "codegen/graph/text.h"

namespace octavo::graph {

namespace {

class Parser {
 public:
  Parser(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  Graph parse() {
    while (next_line()) statement();
    if (graph_.name.empty()) fail("a 'graph' line comes first");
    return std::move(graph_);
  }

 private:
  std::string_view text_, line_;
  const std::string& file_;
  size_t next_ = 0, at_ = 0;
  int number_ = 0;
  Graph graph_;
  std::unordered_map<std::string, ValueId> ids_;

  [[noreturn]] void fail(const std::string& cause) const {
    throw base::Error(base::Exit::refused, {file_, number_, static_cast<int>(at_) + 1}, cause);
  }

  bool next_line() {
    while (next_ < text_.size()) {
      const size_t end = std::min(text_.find('\n', next_), text_.size());
      line_ = text_.substr(next_, end - next_);
      next_ = end + 1;
      at_ = 0;
      ++number_;
      skip();
      if (at_ < line_.size()) return true;
    }
    return false;
  }
  void skip() {
    while (at_ < line_.size() && line_[at_] == ' ') ++at_;
  }
  bool peek(std::string_view token) {
    skip();
    return line_.substr(at_).starts_with(token);
  }
  bool take(std::string_view token) {
    if (!peek(token)) return false;
    at_ += token.size();
    return true;
  }
  void expect(std::string_view token) {
    if (!take(token)) fail("expected '" + std::string(token) + "'");
  }
  // Letters, digits, underscores and dots: names of dims, values, operators and attributes.
  std::string word(const char* what) {
    skip();
    const size_t begin = at_;
    while (at_ < line_.size() &&
           (std::isalnum(static_cast<unsigned char>(line_[at_])) || line_[at_] == '_' || line_[at_] == '.'))
      ++at_;
    if (begin == at_) fail(std::string("expected ") + what);
    return std::string(line_.substr(begin, at_ - begin));
  }
  std::string string() {
    expect("\"");
    std::string result;
    while (at_ < line_.size() && line_[at_] != '"') {
      if (line_[at_] == '\\' && at_ + 1 < line_.size()) {
        ++at_;
        result += line_[at_] == 'n' ? '\n' : line_[at_];
      } else {
        result += line_[at_];
      }
      ++at_;
    }
    expect("\"");
    return result;
  }
  // A size runs to the next separator at its own nesting level.
  Dim dim(std::string_view stops) {
    skip();
    const size_t begin = at_;
    int depth = 0;
    while (at_ < line_.size()) {
      const char c = line_[at_];
      if (depth == 0 && stops.find(c) != std::string_view::npos) break;
      depth += (c == '(') - (c == ')');
      ++at_;
    }
    size_t end = at_;
    while (end > begin && line_[end - 1] == ' ') --end;
    try {
      return Dim::parse(line_.substr(begin, end - begin));
    } catch (const base::Error& error) {
      fail(error.cause);
    }
  }
  Shape shape() {
    Shape result;
    expect("[");
    if (take("]")) return result;
    do {
      result.push_back(dim(",]"));
    } while (take(","));
    expect("]");
    return result;
  }
  Type type() {
    Type result;
    const std::string dtype = word("a dtype");
    try {
      result.dtype = dtype_from_name(dtype);
    } catch (const base::Error& error) {
      fail(error.cause);
    }
    result.shape = shape();
    return result;
  }
  std::string new_name() {
    expect("%");
    return word("a value's name");
  }
  ValueId define(const std::string& name, Type type) {
    if (ids_.contains(name)) fail("%" + name + " is defined twice");
    graph_.values.push_back({name, std::move(type)});
    return ids_[name] = static_cast<ValueId>(graph_.values.size() - 1);
  }
  ValueId use() {
    const std::string name = new_name();
    const auto found = ids_.find(name);
    if (found == ids_.end()) fail("%" + name + " is not defined above");
    return found->second;
  }
  base::Place place() {
    if (!take("@")) return {};
    skip();
    std::string text(line_.substr(at_));
    at_ = line_.size();
    int numbers[2] = {0, 0};
    int found = 0;
    for (; found < 2; ++found) {  // strips ":column", then ":line" from the right
      const size_t colon = text.rfind(':');
      if (colon == std::string::npos || colon + 1 == text.size()) break;
      int value = 0;
      const auto [end, error] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size()) break;
      numbers[found] = value;
      text.resize(colon);
    }
    return {text, found == 2 ? numbers[1] : numbers[0], found == 2 ? numbers[0] : 0};
  }
  Attribute attribute() {
    skip();
    if (peek("\"")) return string();
    if (peek("[")) return shape();
    if (take("true")) return true;
    if (take("false")) return false;
    const size_t end = std::min(line_.find_first_of(",}", at_), line_.size());
    std::string_view raw = line_.substr(at_, end - at_);
    while (!raw.empty() && raw.back() == ' ') raw.remove_suffix(1);
    if (is_float(raw)) {
      at_ = end;
      return to_double(raw);
    }
    return dim(",}");
  }
  static bool is_float(std::string_view raw) {
    if (raw == "inf" || raw == "-inf" || raw == "nan") return true;
    const bool digits = !raw.empty() && raw.find_first_not_of("0123456789.eE+-") == std::string_view::npos;
    return digits && raw.find_first_of(".eE") != std::string_view::npos;
  }
  double to_double(std::string_view raw) {
    double value = 0;
    const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
    if (error != std::errc() || end != raw.data() + raw.size()) fail("'" + std::string(raw) + "' is not a number");
    return value;
  }

  void statement() {
    if (take("graph ")) return header();
    if (graph_.name.empty()) fail("a 'graph' line comes first");
    if (take("input ")) {
      const std::string name = new_name();
      expect(":");
      graph_.inputs.push_back(define(name, type()));
    } else if (take("weight ")) {
      weight();
    } else if (take("require ")) {
      Requirement requirement;
      requirement.dim = dim("<");
      expect("<=");
      requirement.limit = dim("\"").evaluate({});
      requirement.reason = string();
      requirement.where = place();
      graph_.requirements.push_back(std::move(requirement));
    } else if (take("output ")) {
      const std::string name = string();
      expect("=");
      graph_.outputs.push_back({name, use()});
    } else {
      call();
    }
    skip();
    if (at_ != line_.size()) fail("unexpected text at the end of the statement");
  }
  void header() {
    if (!graph_.name.empty()) fail("a second 'graph' line");
    graph_.name = word("the graph's name");
    expect("(");
    if (take(")")) return;
    do {
      graph_.dims.push_back(word("a dim's name"));
    } while (take(","));
    expect(")");
  }
  // 1, 0, 2: each number once.
  std::vector<int64_t> order() {
    const Shape dims = shape();
    std::vector<int64_t> result;
    std::vector<bool> seen(dims.size(), false);
    for (const Dim& dim : dims) {
      const int64_t at = dim.constant().value_or(-1);
      if (at < 0 || at >= static_cast<int64_t>(dims.size()) || seen[static_cast<size_t>(at)])
        fail(text(dims) + " is no order of dims");
      seen[static_cast<size_t>(at)] = true;
      result.push_back(at);
    }
    return result;
  }
  void weight() {
    Weight weight;
    const std::string name = new_name();
    expect(":");
    Type value_type = type();
    expect("=");
    do {
      weight.tensors.push_back(string());
    } while (take("++"));
    if (take("permuted")) weight.order = order();
    weight.value = define(name, std::move(value_type));
    graph_.weights.push_back(std::move(weight));
  }
  void call() {
    Call call;
    std::vector<std::string> names;
    std::vector<Type> types;
    do {
      names.push_back(new_name());
    } while (take(","));
    expect(":");
    do {
      types.push_back(type());
    } while (take(","));
    if (names.size() != types.size()) fail("as many types as results are needed");
    expect("=");
    call.op = word("an operator");
    expect("(");
    if (!take(")")) {
      do {
        call.operands.push_back(take("none") ? kNone : use());
      } while (take(","));
      expect(")");
    }
    if (take("{") && !take("}")) {
      do {
        const std::string key = word("an attribute's name");
        expect("=");
        call.attributes[key] = attribute();
      } while (take(","));
      expect("}");
    }
    call.where = place();
    for (size_t i = 0; i < names.size(); ++i) call.results.push_back(define(names[i], std::move(types[i])));
    graph_.calls.push_back(std::move(call));
  }
};

}  // namespace

Graph parse(std::string_view text, const std::string& file) { return Parser(text, file).parse(); }

}  // namespace octavo::graph
