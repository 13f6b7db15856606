#include "codegen/graph/dim.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <numeric>
#include <set>

#include "base/error.h"

namespace octavo::graph {

namespace {

// Recursive descent over: sum = term (('+'|'-') term)*, term = factor (('*' factor) | ('/' integer))*.
class DimParser {
 public:
  explicit DimParser(std::string_view text) : text_(text) {}

  Dim parse() {
    Dim result = sum();
    skip_space();
    if (at_ != text_.size()) fail();
    return result;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;

  [[noreturn]] void fail() const {
    throw base::Error(base::Exit::refused, {}, "'" + std::string(text_) + "' is not a size",
                      "write an integer, a dim name, or sums, products and quotients of them");
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
  int64_t integer() {
    skip_space();
    const size_t begin = at_;
    while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_]))) ++at_;
    // Up to the largest int64, which traces hold as "to the end".
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data() + begin, text_.data() + at_, value);
    if (error != std::errc() || end != text_.data() + at_) fail();
    return value;
  }
  Dim factor() {
    skip_space();
    if (at_ >= text_.size()) fail();
    if (take('(')) {
      Dim inner = sum();
      if (!take(')')) fail();
      return inner;
    }
    if (take('-')) return Dim(0) - factor();
    if (std::isdigit(static_cast<unsigned char>(text_[at_]))) return Dim(integer());
    const size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_')) ++at_;
    if (begin == at_) fail();
    return Dim::named(std::string(text_.substr(begin, at_ - begin)));
  }
  Dim term() {
    Dim result = factor();
    for (;;) {
      if (take('*')) {
        result = result * factor();
      } else if (take('/')) {
        const int64_t divisor = integer();
        if (divisor == 0) fail();
        result = result.floor_quotient(divisor);
      } else {
        return result;
      }
    }
  }
  Dim sum() {
    Dim result = term();
    for (;;) {
      if (take('+')) {
        result = result + term();
      } else if (take('-')) {
        result = result - term();
      } else {
        return result;
      }
    }
  }
};

std::string join(const Dim::Monomial& monomial) {
  std::string result;
  for (const std::string& name : monomial) result += (result.empty() ? "" : "*") + name;
  return result;
}

}  // namespace

Dim::Dim(int64_t constant) { add_term({}, constant); }

Dim Dim::named(std::string name) {
  Dim result;
  result.terms_[{std::move(name)}] = 1;
  return result;
}

Dim Dim::parse(std::string_view text) { return DimParser(text).parse(); }

void Dim::add_term(const Monomial& monomial, int64_t coefficient) {
  const auto [found, inserted] = terms_.try_emplace(monomial, 0);
  found->second += coefficient;
  if (found->second == 0) terms_.erase(found);
}

std::string Dim::text() const {
  std::string result;
  // Long monomials first, the constant last, as people write sizes.
  std::vector<std::pair<Monomial, int64_t>> terms(terms_.begin(), terms_.end());
  std::stable_sort(terms.begin(), terms.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  for (const auto& [monomial, coefficient] : terms) {
    const int64_t magnitude = std::abs(coefficient);
    if (result.empty()) {
      if (coefficient < 0) result += "-";
    } else {
      result += coefficient < 0 ? " - " : " + ";
    }
    if (monomial.empty()) {
      result += std::to_string(magnitude);
    } else {
      result += (magnitude == 1 ? "" : std::to_string(magnitude) + "*") + join(monomial);
    }
  }
  if (result.empty()) return "0";
  if (divisor_ == 1) return result;
  return (terms_.size() > 1 || result.front() == '-' ? "(" + result + ")" : result) + "/" + std::to_string(divisor_);
}

bool Dim::is_constant() const { return constant().has_value(); }

std::optional<int64_t> Dim::constant() const {
  if (terms_.empty()) return 0;
  if (terms_.size() == 1 && terms_.begin()->first.empty() && divisor_ == 1) return terms_.begin()->second;
  return std::nullopt;
}

namespace {
int64_t floor_div(int64_t a, int64_t b) { return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0); }
}  // namespace

int64_t Dim::evaluate(const Sizes& sizes) const {
  int64_t sum = 0;
  for (const auto& [monomial, coefficient] : terms_) {
    int64_t value = coefficient;
    for (const std::string& name : monomial) {
      const auto found = sizes.find(name);
      if (found == sizes.end()) throw base::Error(base::Exit::internal, {}, "no size for dim '" + name + "'");
      value *= found->second;
    }
    sum += value;
  }
  return floor_div(sum, divisor_);
}

std::vector<std::string> Dim::names() const {
  std::set<std::string> names;
  for (const auto& [monomial, coefficient] : terms_) names.insert(monomial.begin(), monomial.end());
  return {names.begin(), names.end()};
}

std::optional<Dim> Dim::exact_quotient(const Dim& divisor) const {
  if (divisor_ != 1 || divisor.divisor_ != 1 || divisor.terms_.size() != 1) return std::nullopt;
  const auto& [by, by_coefficient] = *divisor.terms_.begin();
  Dim result;
  for (const auto& [monomial, coefficient] : terms_) {
    if (coefficient % by_coefficient != 0) return std::nullopt;
    if (!std::includes(monomial.begin(), monomial.end(), by.begin(), by.end())) return std::nullopt;
    Monomial rest;
    std::set_difference(monomial.begin(), monomial.end(), by.begin(), by.end(), std::back_inserter(rest));
    result.add_term(rest, coefficient / by_coefficient);
  }
  return result;
}

Dim Dim::floor_quotient(int64_t divisor) const {
  if (divisor_ == 1) {
    if (const auto exact = exact_quotient(Dim(divisor))) return *exact;
  }
  Dim result = *this;
  result.divisor_ *= divisor;
  if (result.terms_.size() == 1 && result.terms_.begin()->first.empty()) {
    return {floor_div(result.terms_.begin()->second, result.divisor_)};
  }
  // Reduce a common factor, so that equal expressions print alike: floor(2p / 2q) = floor(p / q).
  int64_t common = result.divisor_;
  for (const auto& [monomial, coefficient] : result.terms_) common = std::gcd(common, coefficient);
  for (auto& [monomial, coefficient] : result.terms_) coefficient /= common;
  result.divisor_ /= common;
  return result;
}

Dim operator+(const Dim& a, const Dim& b) {
  if (a.divisor_ != 1 || b.divisor_ != 1) {
    // floor(p/d) + c = floor((p + c*d)/d) holds for an integer c only.
    if (b.divisor_ != 1 && a.divisor_ != 1) {
      throw base::Error(base::Exit::refused, {}, "cannot add " + a.text() + " and " + b.text());
    }
    const Dim& quotient = a.divisor_ != 1 ? a : b;
    const Dim& whole = a.divisor_ != 1 ? b : a;
    Dim result = quotient;
    for (const auto& [monomial, coefficient] : whole.terms_) result.add_term(monomial, coefficient * quotient.divisor_);
    return result;
  }
  Dim result = a;
  for (const auto& [monomial, coefficient] : b.terms_) result.add_term(monomial, coefficient);
  return result;
}

Dim operator-(const Dim& a, const Dim& b) { return a + Dim(-1) * b; }

Dim operator*(const Dim& a, const Dim& b) {
  if (a.is(1)) return b;
  if (b.is(1)) return a;
  if (a.is(0) || b.is(0)) return {0};
  if (a.divisor_ != 1 || b.divisor_ != 1) {
    throw base::Error(base::Exit::refused, {}, "cannot multiply " + a.text() + " by " + b.text());
  }
  Dim result;
  for (const auto& [left, left_coefficient] : a.terms_) {
    for (const auto& [right, right_coefficient] : b.terms_) {
      Dim::Monomial both;
      std::merge(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(both));
      result.add_term(both, left_coefficient * right_coefficient);
    }
  }
  return result;
}

Dim product(const Shape& shape) {
  Dim result(1);
  for (const Dim& dim : shape) result = result * dim;
  return result;
}

std::string text(const Shape& shape) {
  std::string result;
  for (const Dim& dim : shape) result += (result.empty() ? "" : ", ") + dim.text();
  return "[" + result + "]";
}

}  // namespace octavo::graph
