// A size or an index as an expression of the model's named dims: an integer polynomial over a positive
// divisor.
//
//   12    S    B*S    2*S + 1    (S + 1)/2
//
// Addition, subtraction and multiplication are exact. The divisor is a floor division of the whole polynomial
// and stays outermost: an expression with a divisor other than 1 can be multiplied only by what cancels it,
// or by 1.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace octavo::graph {

class Dim {
 public:
  // Product of named dims, sorted, with repetition: {"B", "S", "S"} is B*S*S; empty is 1.
  using Monomial = std::vector<std::string>;
  // Values of the named dims at one call.
  using Sizes = std::map<std::string, int64_t>;

  Dim() = default;
  Dim(int64_t constant);  // NOLINT(google-explicit-constructor): a plain number is a Dim everywhere
  static Dim named(std::string name);

  // Parses the text form; throws base::Error (refused) naming the text that is not an expression.
  static Dim parse(std::string_view text);
  // Canonical text: terms sorted, equal expressions print alike. `separator` goes around + and -.
  [[nodiscard]] std::string text() const;

  [[nodiscard]] bool is_constant() const;
  [[nodiscard]] std::optional<int64_t> constant() const;
  [[nodiscard]] bool is(int64_t value) const { return constant() == value; }
  // The value at given sizes; throws base::Error (internal) when a name has no size.
  [[nodiscard]] int64_t evaluate(const Sizes& sizes) const;
  [[nodiscard]] std::vector<std::string> names() const;

  // Exact quotient, or nothing when `divisor` does not divide the polynomial for every value of the dims.
  [[nodiscard]] std::optional<Dim> exact_quotient(const Dim& divisor) const;
  // Floor quotient by a positive constant.
  [[nodiscard]] Dim floor_quotient(int64_t divisor) const;

  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, const Dim& b);
  friend bool operator==(const Dim& a, const Dim& b) = default;

 private:
  std::map<Monomial, int64_t> terms_;  // no zero coefficients; the empty map is 0
  int64_t divisor_ = 1;
  void add_term(const Monomial& monomial, int64_t coefficient);
};

using Shape = std::vector<Dim>;
[[nodiscard]] Dim product(const Shape& shape);
[[nodiscard]] std::string text(const Shape& shape);  // [B, S, 384]

}  // namespace octavo::graph
