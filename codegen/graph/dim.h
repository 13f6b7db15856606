// A size or an index as an expression of the model's named dims: an integer polynomial over the named dims and
// over quotients that are rounded down.
//
//   12    S    B*S    2*S + 1    (S + 1)/2    B*((S + 1)/2)
//
// Every operation is exact. A quotient is kept in one form, so that equal ones meet: what its divisor divides is outside,
// common factors are gone, and a quotient of a quotient is one.
//
//   (3*S + 4)/2 = S + S/2 + 2        (4*S + 2)/8 = S/2        ((S + 1)/2 + 1)/2 = (S + 3)/4
//
// Its numerator has coefficients from 0 to the divisor only, so for sizes it is never negative, and C++ divides it alike.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace octavo::graph {

class Dim {
 public:
  // Values of the named dims at one call.
  using Sizes = std::map<std::string, int64_t>;

  Dim() = default;
  Dim(int64_t constant);  // NOLINT(google-explicit-constructor): a plain number is a Dim everywhere
  static Dim named(std::string name);

  // Parses the text form; throws base::Error (refused) naming the text that is not an expression.
  static Dim parse(std::string_view text);
  // Canonical text: terms sorted, equal expressions print alike.
  [[nodiscard]] std::string text() const;

  [[nodiscard]] bool is_constant() const;
  [[nodiscard]] std::optional<int64_t> constant() const;
  [[nodiscard]] bool is(int64_t value) const { return constant() == value; }
  // The value at given sizes; throws base::Error (internal) when a name has no size.
  [[nodiscard]] int64_t evaluate(const Sizes& sizes) const;
  [[nodiscard]] std::vector<std::string> names() const;
  // The quotients in it, each as an expression of its own: S/2 of B*(S/2) + 1.
  [[nodiscard]] std::vector<Dim> quotients() const;

  // Exact quotient, or nothing when `divisor` does not divide the polynomial for every value of the dims.
  [[nodiscard]] std::optional<Dim> exact_quotient(const Dim& divisor) const;
  // Floor quotient by a positive constant.
  [[nodiscard]] Dim floor_quotient(int64_t divisor) const;

  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, const Dim& b);
  // Of values: S/2 + (S + 1)/2 is S.
  friend bool operator==(const Dim& a, const Dim& b);

 private:
  // A named dim, or a quotient; equal ones have equal texts. Named dims come first.
  struct Factor {
    std::string text;
    std::shared_ptr<const Dim> numerator = nullptr;
    int64_t divisor = 1;
    friend bool operator==(const Factor& a, const Factor& b) { return a.text == b.text; }
    friend std::strong_ordering operator<=>(const Factor& a, const Factor& b) {
      const bool a_named = a.numerator == nullptr, b_named = b.numerator == nullptr;
      if (a_named != b_named) return b_named <=> a_named;
      return a.text <=> b.text;
    }
  };
  // Product of factors, sorted, with repetition: {B, S, S} is B*S*S; empty is 1.
  using Monomial = std::vector<Factor>;
  std::map<Monomial, int64_t> terms_;  // no zero coefficients; the empty map is 0

  // Without quotients that round up: (P + d - 1)/d is P - P/d - (P + 1)/d - … - (P + d - 2)/d.
  [[nodiscard]] Dim rounded_down() const;
  void add_term(const Monomial& monomial, int64_t coefficient);
  static Dim quotient(const Dim& numerator, int64_t divisor);
  static int64_t evaluate(const Factor& factor, const Sizes& sizes);
  static std::string term_text(const Monomial& monomial, int64_t magnitude, bool negated);
};

using Shape = std::vector<Dim>;
[[nodiscard]] Dim product(const Shape& shape);
[[nodiscard]] std::string text(const Shape& shape);  // [B, S, 384]

}  // namespace octavo::graph
