// Why a place stays as it is: the one table that remarks, reports, `octavo explain` and docs/dialect.md speak from.
// Reasons are numbered OCT2nn, notes about a file OCT3nn; the rules themselves, OCT1nn, are in rules/.
#pragma once

#include <compare>
#include <span>
#include <string>

namespace octavo::rewriter {

enum class Why {
  none,
  macro,
  together,
  dependent,
  free_function,
  static_function,
  no_module,
  lambda,
  initializer,
  pointer,
  own_class,
  base_class,
  type_test,
  library_module,
  einsum_form,
  einsum_other,
  header,
  class_place,
  two_files,
  policy,
  kept,
  convolution,
  float_product,
  float_run,
  left_out,
  needs_site_file,
  idle_keep,
  include
};

struct Reason {
  Why why;
  const char* id;      // OCT201
  const char* says;    // completes "X stays as it is: …"; {} is the detail
  const char* lost;    // what that costs; null: what the rule says that matched
  const char* fix;     // the smallest edit that would pass; {} is the detail
  const char* before;  // an example of it, and the same after the fix: a test rewrites both
  const char* after;
};

// In the order of their numbers.
[[nodiscard]] std::span<const Reason> reasons();
[[nodiscard]] const Reason& reason(Why why);

// A reason at one place.
struct Stay {
  Why why = Why::none;
  std::string detail = {};
  std::string fix = {};  // wins over the reason's own

  [[nodiscard]] bool empty() const { return why == Why::none; }
  [[nodiscard]] std::string text() const;      // "inside the macro LAYER"
  [[nodiscard]] std::string fix_text() const;  // "write out here what LAYER stands for"
  friend auto operator<=>(const Stay&, const Stay&) = default;
};

}  // namespace octavo::rewriter
