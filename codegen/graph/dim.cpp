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

int64_t floor_div(int64_t a, int64_t b) { return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0); }

}  // namespace

Dim::Dim(int64_t constant) { add_term({}, constant); }

Dim Dim::named(std::string name) {
  Dim result;
  result.terms_[{Factor{std::move(name)}}] = 1;
  return result;
}

Dim Dim::parse(std::string_view text) { return DimParser(text).parse(); }

void Dim::add_term(const Monomial& monomial, int64_t coefficient) {
  const auto [found, inserted] = terms_.try_emplace(monomial, 0);
  found->second += coefficient;
  if (found->second == 0) terms_.erase(found);
}

// A quotient stands in parentheses, except alone: a*(S/2), but (S + 1)/2 and B - S/2.
std::string Dim::term_text(const Monomial& monomial, int64_t magnitude, bool negated) {
  if (monomial.empty()) return std::to_string(magnitude);
  std::string result = magnitude == 1 ? "" : std::to_string(magnitude);
  const bool alone = monomial.size() == 1 && magnitude == 1 && !negated;
  for (const Factor& factor : monomial) {
    const bool parentheses = factor.numerator != nullptr && !alone;
    result += (result.empty() ? "" : "*") + (parentheses ? "(" + factor.text + ")" : factor.text);
  }
  return result;
}

std::string Dim::text() const {
  std::string result;
  // Long monomials first, the constant last, as people write sizes.
  std::vector<std::pair<Monomial, int64_t>> terms(terms_.begin(), terms_.end());
  std::stable_sort(terms.begin(), terms.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  for (const auto& [monomial, coefficient] : terms) {
    const bool first = result.empty();
    if (coefficient < 0 || !first) result += first ? "-" : coefficient < 0 ? " - " : " + ";
    result += term_text(monomial, std::abs(coefficient), first && coefficient < 0);
  }
  return result.empty() ? "0" : result;
}

bool Dim::is_constant() const { return constant().has_value(); }

std::optional<int64_t> Dim::constant() const {
  if (terms_.empty()) return 0;
  if (terms_.size() == 1 && terms_.begin()->first.empty()) return terms_.begin()->second;
  return std::nullopt;
}

int64_t Dim::evaluate(const Factor& factor, const Sizes& sizes) {
  if (factor.numerator != nullptr) return floor_div(factor.numerator->evaluate(sizes), factor.divisor);
  const auto found = sizes.find(factor.text);
  if (found == sizes.end()) throw base::Error(base::Exit::internal, {}, "no size for dim '" + factor.text + "'");
  return found->second;
}

int64_t Dim::evaluate(const Sizes& sizes) const {
  int64_t sum = 0;
  for (const auto& [monomial, coefficient] : terms_) {
    int64_t value = coefficient;
    for (const Factor& factor : monomial) value *= evaluate(factor, sizes);
    sum += value;
  }
  return sum;
}

std::vector<std::string> Dim::names() const {
  std::set<std::string> names;
  for (const auto& [monomial, coefficient] : terms_) {
    for (const Factor& factor : monomial) {
      if (factor.numerator == nullptr) {
        names.insert(factor.text);
      } else {
        for (std::string& name : factor.numerator->names()) names.insert(std::move(name));
      }
    }
  }
  return {names.begin(), names.end()};
}

std::vector<Dim> Dim::quotients() const {
  std::vector<Dim> result;
  for (const auto& [monomial, coefficient] : terms_) {
    for (const Factor& factor : monomial) {
      if (factor.numerator == nullptr) continue;
      Dim alone;
      alone.terms_[{factor}] = 1;
      result.push_back(std::move(alone));
    }
  }
  return result;
}

std::optional<Dim> Dim::exact_quotient(const Dim& divisor) const {
  if (divisor.terms_.size() != 1) return std::nullopt;
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

// floor(numerator / divisor) as one factor.
Dim Dim::quotient(const Dim& numerator, int64_t divisor) {
  const std::string above = numerator.text();
  Dim result;
  result.terms_[{Factor{(numerator.terms_.size() > 1 ? "(" + above + ")" : above) + "/" + std::to_string(divisor),
                        std::make_shared<const Dim>(numerator), divisor}}] = 1;
  return result;
}

Dim Dim::floor_quotient(int64_t divisor) const {
  // floor((d*w + r)/d) = w + floor(r/d)
  Dim whole, varying;
  int64_t constant = 0;
  for (const auto& [monomial, coefficient] : terms_) {
    const int64_t above = floor_div(coefficient, divisor), rest = coefficient - above * divisor;
    whole.add_term(monomial, above);
    if (monomial.empty()) {
      constant = rest;
    } else {
      varying.add_term(monomial, rest);
    }
  }
  if (varying.terms_.empty()) return whole;
  // floor((g*x + c)/(g*e)) = floor((x + floor(c/g))/e)
  int64_t common = divisor;
  for (const auto& [monomial, coefficient] : varying.terms_) common = std::gcd(common, coefficient);
  for (auto& [monomial, coefficient] : varying.terms_) coefficient /= common;
  const int64_t rest = divisor / common;
  constant /= common;
  if (rest == 1) return whole + varying + Dim(constant);
  // floor((floor(p/d) + c)/e) = floor((p + c*d)/(d*e))
  const auto& [monomial, coefficient] = *varying.terms_.begin();
  if (varying.terms_.size() == 1 && coefficient == 1 && monomial.size() == 1 && monomial[0].numerator != nullptr) {
    const Factor& inner = monomial[0];
    return whole + (*inner.numerator + Dim(constant * inner.divisor)).floor_quotient(inner.divisor * rest);
  }
  return whole + quotient(varying + Dim(constant), rest);
}

Dim Dim::rounded_down() const {
  Dim result;
  for (const auto& [monomial, coefficient] : terms_) {
    Dim product(coefficient);
    for (const Factor& factor : monomial) {
      Dim one;
      one.terms_[{factor}] = 1;
      const int64_t d = factor.divisor;
      if (factor.numerator != nullptr && factor.numerator->terms_.contains({}) &&
          factor.numerator->terms_.at({}) == d - 1) {
        const Dim from = *factor.numerator - Dim(d - 1);
        one = from;
        for (int64_t rest = 0; rest + 1 < d; ++rest) one = one - (from + Dim(rest)).floor_quotient(d);
      }
      product = product * one;
    }
    result = result + product;
  }
  return result;
}

bool operator==(const Dim& a, const Dim& b) {
  if (a.terms_ == b.terms_) return true;
  const auto has_quotient = [](const Dim& dim) { return !dim.quotients().empty(); };
  if (!has_quotient(a) && !has_quotient(b)) return false;
  return (a - b).rounded_down().terms_.empty();
}

Dim operator+(const Dim& a, const Dim& b) {
  Dim result = a;
  for (const auto& [monomial, coefficient] : b.terms_) result.add_term(monomial, coefficient);
  return result;
}

Dim operator-(const Dim& a, const Dim& b) { return a + Dim(-1) * b; }

Dim operator*(const Dim& a, const Dim& b) {
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
