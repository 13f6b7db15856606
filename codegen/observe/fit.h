// Finds the expression of named dims behind an integer that was seen at several sets of sizes.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "codegen/graph/dim.h"

namespace octavo::observe {

inline constexpr int kProbes = 8;  // five to fit an expression with three unknowns, the others to check it

// Sizes for the probes: distinct within each, and no two dims move in step from probe to probe, so that sums and products
// tell their parts. Each dim is odd and even, and has other remainders too, so that what is rounded down shows. They stay
// small: position tables are short in tests.
[[nodiscard]] std::vector<graph::Dim::Sizes> probe_sizes(const std::vector<std::string>& dims);

// The simplest expression with these values at these sizes, tried in this order; m and n are products of up to three
// dims:  a  ·  a*m + b  ·  a*m + c*n + b  ·  c*n*((m + b)/d) rounded down, d up to 64, |b| <= 2*d, n also 1.  Then the sums
// again with `quotients`, which other integers of the trace were found to hold, among the dims.  Nothing when none fits
// all of them.
[[nodiscard]] std::optional<graph::Dim> fit(std::span<const graph::Dim::Sizes> sizes, std::span<const int64_t> values,
                                            std::span<const graph::Dim> quotients = {});

}  // namespace octavo::observe
