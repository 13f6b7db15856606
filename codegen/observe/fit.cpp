#include "codegen/observe/fit.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

namespace octavo::observe {

using graph::Dim;

namespace {

// Sizes in an order whose neighbours differ by no steady amount. They leave every remainder by 2, 3 and 4, so that a
// quotient that is rounded down is seen at each of its steps.
std::vector<int64_t> sizes_to_probe(size_t count) {
  std::vector<int64_t> result = {4, 9, 6, 11, 5, 8, 13, 7, 10};
  for (int64_t next = 14; result.size() < count; next += 3) result.push_back(next);
  return result;
}

struct Term {
  Dim dim;
  std::vector<int64_t> at;  // its value at each probe
};

// Products of one, two and three dims or quotients, short ones first.
std::vector<Term> terms(std::span<const Dim::Sizes> sizes, std::span<const Dim> quotients) {
  std::vector<Dim> singles, products;
  for (const auto& [name, size] : sizes.front()) singles.push_back(Dim::named(name));
  singles.insert(singles.end(), quotients.begin(), quotients.end());
  products = singles;
  for (size_t i = 0; i < singles.size(); ++i) {
    for (size_t j = i; j < singles.size(); ++j) products.push_back(singles[i] * singles[j]);
  }
  for (size_t i = 0; i < singles.size(); ++i) {
    for (size_t j = i; j < singles.size(); ++j) {
      for (size_t k = j; k < singles.size(); ++k) products.push_back(singles[i] * singles[j] * singles[k]);
    }
  }
  std::vector<Term> result;
  for (const Dim& product : products) {
    Term term{product, {}};
    for (const Dim::Sizes& at : sizes) term.at.push_back(product.evaluate(at));
    result.push_back(std::move(term));
  }
  return result;
}

bool matches(const Dim& candidate, std::span<const Dim::Sizes> sizes, std::span<const int64_t> values) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (candidate.evaluate(sizes[i]) != values[i]) return false;
  }
  return true;
}

// a*m + b, from two probes.
std::optional<Dim> line(const Term& m, std::span<const Dim::Sizes> sizes, std::span<const int64_t> values) {
  const int64_t run = m.at[1] - m.at[0], rise = values[1] - values[0];
  if (run == 0 || rise % run != 0) return std::nullopt;
  const int64_t a = rise / run;
  Dim candidate = Dim(a) * m.dim + Dim(values[0] - a * m.at[0]);
  if (matches(candidate, sizes, values)) return candidate;
  return std::nullopt;
}

// a*m + c*n + b, by Cramer's rule from the first probe and the probes i and j; nothing when the three lie on a line.
std::optional<Dim> plane_through(const Term& m, const Term& n, std::span<const int64_t> values, size_t i, size_t j) {
  const auto by = [&](const auto& list, size_t k) { return static_cast<__int128>(list[k] - list[0]); };
  const __int128 determinant = by(m.at, i) * by(n.at, j) - by(m.at, j) * by(n.at, i);
  if (determinant == 0) return std::nullopt;
  const __int128 a = by(values, i) * by(n.at, j) - by(values, j) * by(n.at, i);
  const __int128 c = by(m.at, i) * by(values, j) - by(m.at, j) * by(values, i);
  if (a % determinant != 0 || c % determinant != 0) return std::nullopt;
  const auto am = static_cast<int64_t>(a / determinant), cn = static_cast<int64_t>(c / determinant);
  return Dim(am) * m.dim + Dim(cn) * n.dim + Dim(values[0] - am * m.at[0] - cn * n.at[0]);
}

std::optional<Dim> plane(const Term& m, const Term& n, std::span<const Dim::Sizes> sizes,
                         std::span<const int64_t> values) {
  if (values.size() < 5) return std::nullopt;  // too few to tell a fit from chance
  for (size_t j = 2; j < values.size(); ++j) {
    const auto candidate = plane_through(m, n, values, 1, j);
    if (candidate && matches(*candidate, sizes, values)) return candidate;
  }
  return std::nullopt;
}

// (m + b)/d rounded down.
std::optional<Dim> quotient(const Term& m, std::span<const Dim::Sizes> sizes, std::span<const int64_t> values) {
  for (int64_t d = 2; d <= 64; ++d) {
    // values = floor((m + b)/d) bounds b on both sides at each probe.
    int64_t low = std::numeric_limits<int64_t>::min(), high = std::numeric_limits<int64_t>::max();
    for (size_t i = 0; i < values.size(); ++i) {
      low = std::max(low, values[i] * d - m.at[i]);
      high = std::min(high, values[i] * d + d - 1 - m.at[i]);
    }
    // A far-off b would let a product of dims fit almost anything.
    low = std::max(low, -2 * d);
    high = std::min(high, 2 * d);
    if (low > high) continue;
    // Of the b that fit, plain floor division and rounding up are what people write.
    const int64_t b = low <= 0 && 0 <= high ? 0 : (low <= d - 1 && d - 1 <= high ? d - 1 : low);
    Dim candidate = (m.dim + Dim(b)).floor_quotient(d);
    if (matches(candidate, sizes, values)) return candidate;
  }
  return std::nullopt;
}

std::optional<Dim> line_or_plane(const std::vector<Term>& candidates, std::span<const Dim::Sizes> sizes,
                                 std::span<const int64_t> values) {
  for (const Term& m : candidates) {
    if (auto found = line(m, sizes, values)) return found;
  }
  for (size_t i = 0; i < candidates.size(); ++i) {
    for (size_t j = i + 1; j < candidates.size(); ++j) {
      if (auto found = plane(candidates[i], candidates[j], sizes, values)) return found;
    }
  }
  return std::nullopt;
}

// c*n*((m + b)/d), n a product of dims or 1: what all values have in common is outside, the smallest factor first.
std::optional<Dim> multiple_of_quotient(const std::vector<Term>& candidates, std::span<const Dim::Sizes> sizes,
                                        std::span<const int64_t> values) {
  std::vector<Term> outside = {{Dim(1), std::vector<int64_t>(values.size(), 1)}};
  outside.insert(outside.end(), candidates.begin(), candidates.end());
  for (const Term& n : outside) {
    std::vector<int64_t> rest(values.begin(), values.end());
    int64_t common = 0;
    bool divides = true;
    for (size_t i = 0; i < rest.size() && divides; ++i) {
      divides = rest[i] % n.at[i] == 0;
      rest[i] /= n.at[i];
      common = std::gcd(common, rest[i]);
    }
    for (int64_t c = 1; divides && c <= common; ++c) {
      if (common % c != 0) continue;
      std::vector<int64_t> parts = rest;
      for (int64_t& part : parts) part /= c;
      for (const Term& m : candidates) {
        if (auto found = quotient(m, sizes, parts)) return Dim(c) * n.dim * *found;
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<Dim::Sizes> probe_sizes(const std::vector<std::string>& dims) {
  // Probe k of dim i is the size at order[k] + i, cyclically: distinct within a probe, and neither steady nor in step
  // across probes.
  const std::vector<int64_t> list = sizes_to_probe(dims.size() + 1);
  constexpr std::array<size_t, kProbes> kOrder = {1, 3, 0, 6, 2, 7, 4, 5};
  std::vector<Dim::Sizes> result(kProbes);
  for (size_t k = 0; k < result.size(); ++k) {
    for (size_t i = 0; i < dims.size(); ++i) result[k][dims[i]] = list[(kOrder[k] + i) % list.size()];
  }
  return result;
}

std::optional<Dim> fit(std::span<const Dim::Sizes> sizes, std::span<const int64_t> values,
                       std::span<const Dim> quotients) {
  if (std::all_of(values.begin(), values.end(), [&](int64_t value) { return value == values.front(); })) {
    return Dim(values.front());
  }
  if (sizes.front().empty()) return std::nullopt;
  const int64_t largest = *std::max_element(values.begin(), values.end());
  const int64_t smallest = *std::min_element(values.begin(), values.end());
  if (largest > INT32_MAX || smallest < INT32_MIN) return std::nullopt;  // no size, and safe to multiply below
  const std::vector<Term> plain = terms(sizes, {});
  if (auto found = line_or_plane(plain, sizes, values)) return found;
  if (auto found = multiple_of_quotient(plain, sizes, values)) return found;
  if (quotients.empty()) return std::nullopt;
  return line_or_plane(terms(sizes, quotients), sizes, values);
}

}  // namespace octavo::observe
