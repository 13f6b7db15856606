// What the lowerings of one ATen operator see. Each family of operators is one file with a table of small functions;
// lower_aten.cpp joins the tables.
//
// Operators are looked up with their overload first ("aten.div.Tensor_mode"), then without ("aten.div"); the
// trailing underscore of in-place spellings is dropped before, since the trace is functional.
#pragma once

#include "codegen/passes/rewriter.h"

namespace octavo::passes {

class Lower {
 public:
  Lower(Rewriter& rewriter, const Call& call) : r(rewriter), call(call) {}
  Rewriter& r;
  const Call& call;

  [[nodiscard]] bool given(size_t i) const { return i < call.operands.size() && call.operands[i] != kNone; }
  [[nodiscard]] ValueId in(size_t i) const;
  [[nodiscard]] ValueId in_or_none(size_t i) const { return given(i) ? in(i) : kNone; }
  [[nodiscard]] Type type(size_t i) const { return r.type(in(i)); }
  [[nodiscard]] size_t rank(size_t i) const { return type(i).shape.size(); }
  // The recorded type of a result: the trace knows what promotion and -1 sizes came to.
  [[nodiscard]] Type result(size_t i = 0) const { return r.type(call.results.at(i)); }

  [[nodiscard]] int64_t dim(const std::string& key, int64_t otherwise, size_t rank) const;
  [[nodiscard]] int64_t integer_or(const std::string& key, int64_t otherwise) const;
  [[nodiscard]] double number_or(const std::string& key, double otherwise) const;
  [[nodiscard]] bool flag(const std::string& key) const;  // false when absent
  // A scalar argument as the attribute of a call on `dtype`: an integer for i64, else a float.
  [[nodiscard]] Attribute scalar(const std::string& key, DType dtype) const;
  [[nodiscard]] bool is_integral(const std::string& key) const;  // the scalar argument is an int or bool

  [[noreturn]] void refuse(const std::string& cause, const std::string& fix) const;
  void done(ValueId id) { r.replace(call, id); }
  void done(const std::vector<ValueId>& ids) { r.replace(call, ids); }
};

using Lowering = void (*)(Lower&);
using Lowerings = std::map<std::string, Lowering>;

[[nodiscard]] const Lowerings& movement_lowerings();
[[nodiscard]] const Lowerings& elementwise_lowerings();
[[nodiscard]] const Lowerings& function_lowerings();
[[nodiscard]] const Lowerings& indexing_lowerings();
[[nodiscard]] const Lowerings& rearranging_lowerings();
[[nodiscard]] const Lowerings& selection_lowerings();
[[nodiscard]] const Lowerings& pooling_lowerings();
[[nodiscard]] const Lowerings& normalisation_lowerings();
[[nodiscard]] const Lowerings& convolution_lowerings();
[[nodiscard]] const Lowerings& einsum_lowerings();
[[nodiscard]] const Lowerings& creation_lowerings();
[[nodiscard]] const Lowerings& reduction_lowerings();
[[nodiscard]] const Lowerings& product_lowerings();

// The dtype that ATen computes a pair in: category first (float, int, bool); within one category a tensor with
// dims goes before a tensor without.
[[nodiscard]] DType promote(const Type& a, const Type& b);

}  // namespace octavo::passes
